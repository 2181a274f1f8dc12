package io.dromedary.page;

import io.dromedary.destination.RequestPreview;
import java.util.Map;

/** Writes a request as a curl command. */
final class Curl {

  private Curl() {}

  /** The command. All parts of the event are quoted, so a shell takes them as text only. */
  static String command(RequestPreview request, String body) {
    StringBuilder command = new StringBuilder("curl \"$WEBHOOK_URL\"");
    for (Map.Entry<String, String> header : request.headers().entrySet()) {
      command.append(" \\\n  -H ").append(quoted(header.getKey() + ": " + header.getValue()));
    }
    return command.append(" \\\n  --data-raw ").append(quoted(body)).toString();
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }
}
