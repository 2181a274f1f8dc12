package io.dromedary.page;

import io.dromedary.operations.Range;

/** Links to the same view over each range. */
final class RangeLinks {

  private RangeLinks() {}

  static void write(Html html, PageRequest request, Range chosen) {
    html.open("div", "class", "ranges", "role", "group", "aria-label", "Range");
    for (Range each : Range.values()) {
      html.element(
          "a",
          each.text(),
          "href",
          request.withParameter(Range.PARAMETER, each.text()),
          "aria-current",
          each == chosen ? "true" : null);
    }
    html.close();
  }
}
