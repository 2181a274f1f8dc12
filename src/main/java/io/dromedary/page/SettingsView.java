package io.dromedary.page;

import io.dromedary.settings.EffectiveSettings;
import io.dromedary.settings.EffectiveSettings.Entry;
import java.util.List;
import org.apache.camel.CamelContext;

/** Shows the effective settings and the source of each. A secret is shown as its fingerprint. */
final class SettingsView implements View {

  private final CamelContext context;

  SettingsView(CamelContext context) {
    this.context = context;
  }

  @Override
  public String title(PageRequest request) {
    return "Settings";
  }

  @Override
  public void write(Html html, PageRequest request) throws Exception {
    List<Entry> all = EffectiveSettings.of(context).entries();
    List<Entry> set = all.stream().filter(entry -> entry.source() != null).toList();
    List<Entry> others = all.stream().filter(entry -> entry.source() == null).toList();
    html.open("div", "class", "head").open("div").element("h1", "Settings");
    html.element(
        "p",
        "As they were read at the start. Secrets are shown as fingerprints, URLs without their"
            + " paths.",
        "class",
        "soft");
    html.close().close();
    html.open("div", "class", "card").element("h2", "Set");
    if (set.isEmpty()) {
      html.element("p", "Nothing is set: all settings have their defaults.", "class", "empty");
    } else {
      table(html, set, true);
    }
    html.close();
    html.open("details", "class", "card", "id", "defaults");
    html.open("summary", "class", "inside");
    html.text(
        Figures.count(others.size(), "setting has its default", "settings have their defaults"));
    html.close();
    table(html, others, false);
    html.close();
  }

  private static void table(Html html, List<Entry> entries, boolean hasSources) throws Exception {
    html.open("table", "class", "stack").open("thead").open("tr");
    html.element("th", "Key", "scope", "col").element("th", "Value", "scope", "col");
    if (hasSources) {
      html.element("th", "From", "scope", "col");
    }
    html.close().close().open("tbody");
    for (Entry entry : entries) {
      html.open("tr");
      html.open("th", "scope", "row", "class", "all");
      html.element("code", entry.key()).close();
      html.element("td", entry.value(), "class", "wide all");
      if (hasSources) {
        html.element("td", entry.source(), "class", "soft");
      }
      html.close();
    }
    html.close().close();
  }
}
