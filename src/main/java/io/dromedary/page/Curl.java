package io.dromedary.page;

import io.dromedary.delivery.RequestPreview;
import java.util.Map;

/** A request as a command for a shell. */
final class Curl {

  private Curl() {}

  /** The command, in which nothing of the event can be anything but a text for the shell. */
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
