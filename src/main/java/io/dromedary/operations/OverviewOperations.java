package io.dromedary.operations;

import io.dromedary.json.JsonFields;
import java.util.List;
import java.util.Set;

/** Answers with the figures that the page's overview shows. Thread-safe. */
final class OverviewOperations {

  private final Overviews overviews;

  OverviewOperations(Overviews overviews) {
    this.overviews = overviews;
  }

  /** The answer as JSON. */
  String answer(Operation asked) throws RefusedException {
    asked.require("GET");
    Parameters parameters = new Parameters(asked.query(), List.of(), Set.of("range"));
    return JsonFields.write(json -> overviews.write(json, parameters.text("range")));
  }
}
