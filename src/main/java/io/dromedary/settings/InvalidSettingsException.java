package io.dromedary.settings;

import java.util.List;

/** Thrown at the start. The message names every wrong key, what was found and what is expected. */
public final class InvalidSettingsException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  InvalidSettingsException(List<String> problems) {
    super(
        "Dromedary cannot start: "
            + (problems.size() == 1 ? "1 setting is" : problems.size() + " settings are")
            + " wrong.\n  "
            + String.join("\n  ", problems));
  }
}
