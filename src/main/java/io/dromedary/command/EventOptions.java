package io.dromedary.command;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that select events. The application checks their values. */
class EventOptions {

  @Option(names = "--type", paramLabel = "TYPE", description = "Only of this type, such as track.")
  @Nullable String type;

  @Option(names = "--message-id", paramLabel = "ID", description = "Only with this messageId.")
  @Nullable String messageId;

  @Option(names = "--user-id", paramLabel = "ID", description = "Only of this user.")
  @Nullable String userId;

  @Option(names = "--destination", paramLabel = "NAME", description = "Only for this destination.")
  @Nullable String destination;

  @Option(
      names = "--webhook",
      paramLabel = "NAME",
      description = "Only for this webhook, named by its scheme, host and port as they are shown.")
  @Nullable String webhook;

  @Option(
      names = "--status",
      paramLabel = "503|5xx|none",
      description = "Only with this status of the last response; none: without a response.")
  @Nullable String status;

  @Option(
      names = "--class",
      paramLabel = "CLASS",
      description = "Only with this class of the last attempt, such as timeout, 5xx or tls.")
  @Nullable String attemptClass;

  @Option(
      names = "--since",
      paramLabel = "INSTANT",
      description = "Only from this instant on, such as 2026-01-02T03:04:05Z.")
  @Nullable String since;

  @Option(names = "--until", paramLabel = "INSTANT", description = "Only before this instant.")
  @Nullable String until;

  @Option(names = "--id", paramLabel = "N,N…", description = "Only with these numbers.")
  @Nullable String id;

  /** The parameters of the management API that select these events. */
  Map<String, String> parameters() {
    Map<String, String> parameters = new LinkedHashMap<>();
    put(parameters, "type", type);
    put(parameters, "messageId", messageId);
    put(parameters, "userId", userId);
    put(parameters, "destination", destination);
    put(parameters, "webhook", webhook);
    put(parameters, "status", status);
    put(parameters, "class", attemptClass);
    put(parameters, "since", since);
    put(parameters, "until", until);
    put(parameters, "id", id);
    return parameters;
  }

  static void put(Map<String, String> parameters, String name, @Nullable String value) {
    if (value != null) {
      parameters.put(name, value);
    }
  }
}
