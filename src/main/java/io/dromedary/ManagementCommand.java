package io.dromedary;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonKind;
import io.dromedary.json.JsonObject;
import io.dromedary.json.JsonReader;
import io.dromedary.json.JsonValue;
import io.dromedary.management.ManagementApi;
import io.dromedary.outbox.DeadLetter.Reason;
import io.dromedary.outbox.DeadLetters;
import io.dromedary.settings.InvalidSettingsException;
import io.dromedary.settings.Settings;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * A command about dead letters, which asks the process that runs with the same settings. Results
 * are lines of JSON on the standard output; what a person wants to read besides is on the other.
 */
final class ManagementCommand {

  static final Set<String> NAMES = Set.of("dead-letters", "replay", "delete-dead-letters");

  /** The parameter of each option that filters: {@code --message-id} is {@code messageId}. */
  private static final Map<String, String> FILTERS =
      ManagementApi.DEAD_LETTER_FILTERS.stream()
          .collect(Collectors.toMap(ManagementCommand::option, Function.identity()));

  private static final String USAGE =
      """
      Usage: java -jar dromedary.jar dead-letters [--count | --limit=N] [FILTER…]
             java -jar dromedary.jar replay [--rate=N] [--limit=N] (FILTER… | --all)
             java -jar dromedary.jar delete-dead-letters (FILTER… | --all)
      FILTER is any of --reason=%s, --type=TYPE,
      --message-id=ID, --user-id=ID, --destination=NAME, --webhook=NAME,
      --status=503|5xx|none, --since=INSTANT, --until=INSTANT (such as
      2026-01-02T03:04:05Z), --id=N,N…
      The running process is found by the settings in this folder, or by --url=http://HOST:PORT"""
          .formatted(String.join("|", Reason.all()));

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  /** A replay of a million dead letters takes a minute or two. */
  private static final Duration TIMEOUT = Duration.ofMinutes(15);

  private final Path folder;
  private final Map<String, String> environment;
  private final PrintStream out;
  private final PrintStream err;

  /** The command cannot be done. */
  private static final class FailedException extends Exception {
    private static final long serialVersionUID = 1L;
    private final int exitCode;

    FailedException(int exitCode, String message) {
      super(message);
      this.exitCode = exitCode;
    }
  }

  /** Only makes the context, in which it is read what a process would read. */
  private static final class Unstarted extends Utf8Main {
    CamelContext context(String settings) {
      CamelContext context = createCamelContext();
      context.getPropertiesComponent().setLocation(settings);
      context.build();
      return context;
    }
  }

  ManagementCommand(
      Path folder, Map<String, String> environment, PrintStream out, PrintStream err) {
    this.folder = folder;
    this.environment = environment;
    this.out = out;
    this.err = err;
  }

  /** Returns the exit code: 1 if the process cannot do it, 2 if the command is wrong. */
  int run(String... args) {
    try {
      Map<String, String> options = options(args);
      Settings.Management found = management();
      String given = options.remove("--url");
      String base = given == null ? found.url() : given;
      Caller caller = new Caller(base.replaceFirst("/+$", ""), found.path(), found.secret());
      switch (args[0]) {
        case "replay" -> replay(caller, options);
        case "delete-dead-letters" -> delete(caller, options);
        default -> list(caller, options);
      }
      return 0;
    } catch (FailedException e) {
      err.println(e.getMessage());
      return e.exitCode;
    } catch (InvalidSettingsException e) {
      err.println(e.getMessage());
      return 2;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }

  private Settings.Management management() {
    CamelContext context = new Unstarted().context(Dromedary.settings(folder));
    try {
      return Settings.management(context, environment);
    } finally {
      context.stop();
    }
  }

  private static Map<String, String> options(String[] args) throws FailedException {
    List<String> own =
        switch (args[0]) {
          case "replay" -> List.of("--rate", "--limit", "--all", "--url");
          case "delete-dead-letters" -> List.of("--all", "--url");
          default -> List.of("--count", "--limit", "--url");
        };
    List<String> known = Stream.concat(FILTERS.keySet().stream(), own.stream()).toList();
    Map<String, String> options = new LinkedHashMap<>();
    for (String arg : List.of(args).subList(1, args.length)) {
      String[] pair = arg.split("=", 2);
      boolean isFlag = pair[0].equals("--all") || pair[0].equals("--count");
      if (!known.contains(pair[0]) || isFlag != (pair.length == 1)) {
        throw new FailedException(
            2, "found \"" + arg + "\", expected one of the options of " + args[0] + ".\n" + USAGE);
      }
      if (options.put(pair[0], isFlag ? "true" : pair[1]) != null) {
        throw new FailedException(2, "found " + pair[0] + " twice, expected it once.\n" + USAGE);
      }
    }
    return options;
  }

  private void list(Caller caller, Map<String, String> options)
      throws FailedException, InterruptedException {
    if (options.remove("--count") != null) {
      Answer answer = caller.call("GET", "/count", options);
      out.println(answer.text());
      err.println(counted(answer));
      return;
    }
    long left = limit(options);
    long listed = 0;
    String summary = "";
    String next = "";
    while (next != null && left > 0) {
      options.put("--limit", Long.toString(Math.min(left, DeadLetters.MOST_LISTED)));
      Answer answer = caller.call("GET", "", options);
      summary = summary.isEmpty() ? counted(answer) : summary;
      List<String> letters = answer.deadLetters();
      letters.forEach(out::println);
      listed += letters.size();
      left -= letters.size();
      next = answer.next();
      options.put("--before", String.valueOf(next));
    }
    err.println(summary + ", " + listed + " listed");
  }

  private static String option(String parameter) {
    return "--" + parameter.replaceAll("(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
  }

  private static long limit(Map<String, String> options) throws FailedException {
    String limit = options.getOrDefault("--limit", "999999999");
    if (!limit.matches("[1-9]\\d{0,8}")) {
      throw new FailedException(
          2, "--limit: found \"" + limit + "\", expected a whole number from 1 to 999999999");
    }
    return Long.parseLong(limit);
  }

  private static String counted(Answer answer) {
    return answer.field("count") + " dead letters " + answer.field("byReason");
  }

  private void replay(Caller caller, Map<String, String> options)
      throws FailedException, InterruptedException {
    Answer answer = caller.call("POST", "/replay", options);
    out.println(answer.text());
    String refused = answer.field("refused");
    err.println(
        answer.field("replayed")
            + " dead letters replayed"
            + (refused.equals("0")
                ? ""
                : ", " + refused + " refused: " + answer.string("message")));
  }

  private void delete(Caller caller, Map<String, String> options)
      throws FailedException, InterruptedException {
    Answer answer = caller.call("DELETE", "", options);
    out.println(answer.text());
    err.println(answer.field("deleted") + " dead letters deleted");
  }

  /** Calls the process. */
  private record Caller(String url, String path, @Nullable String secret) {

    /** Returns an answer that is good. */
    Answer call(String method, String below, Map<String, String> options)
        throws FailedException, InterruptedException {
      String query =
          options.entrySet().stream()
              .map(each -> parameter(each.getKey()) + "=" + encode(each.getValue()))
              .collect(Collectors.joining("&"));
      HttpRequest.Builder request;
      try {
        request = HttpRequest.newBuilder(URI.create(url + path + below + "?" + query));
      } catch (IllegalArgumentException e) {
        throw new FailedException(
            2, "--url: found \"" + url + "\", expected a URL such as http://127.0.0.1:8080");
      }
      request.timeout(TIMEOUT).method(method, BodyPublishers.noBody());
      if (secret != null) {
        request.header("Authorization", "Bearer " + secret);
      }
      HttpClient client =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .connectTimeout(CONNECT_TIMEOUT)
              .build();
      try {
        return answer(client.send(request.build(), BodyHandlers.ofByteArray()));
      } catch (ConnectException | HttpConnectTimeoutException e) {
        throw new FailedException(
            1,
            "Found no process at "
                + url
                + ", expected Dromedary to run there: start it in this folder with java -jar"
                + " dromedary.jar");
      } catch (IOException e) {
        throw new FailedException(1, "Found no answer at " + url + ": " + e);
      }
    }

    private static String parameter(String option) {
      return FILTERS.getOrDefault(option, option.substring(2));
    }

    private static String encode(String value) {
      return URLEncoder.encode(value, UTF_8);
    }

    private Answer answer(HttpResponse<byte[]> response) throws FailedException {
      int status = response.statusCode();
      try {
        Answer answer = new Answer(new JsonReader(response.body()).readObject());
        if (status == 200) {
          return answer;
        }
        if (answer.has("message")) {
          throw new FailedException(status == 400 ? 2 : 1, answer.string("message"));
        }
      } catch (InvalidJsonException e) {
        // Not ours.
      }
      throw new FailedException(
          1,
          "Found an answer "
              + status
              + " at "
              + url
              + ", expected that of Dromedary and, beyond loopback,"
              + " with webhooks.management.secret");
    }
  }

  /** What the process has answered. */
  private record Answer(JsonObject json) {

    String text() {
      return new String(json.toBytes(), UTF_8);
    }

    boolean has(String name) {
      return json.get(name) != null;
    }

    /** The text of a field, or nothing where there is none. */
    String field(String name) {
      JsonValue value = json.get(name);
      return value == null ? "" : new String(value.toBytes(), UTF_8);
    }

    String string(String name) {
      JsonValue value = json.get(name);
      return value == null || value.kind() != JsonKind.STRING ? "" : value.asString();
    }

    @Nullable String next() {
      return has("next") ? string("next") : null;
    }

    List<String> deadLetters() {
      List<String> letters = new ArrayList<>();
      JsonReader array = new JsonReader(field("deadLetters").getBytes(UTF_8));
      try {
        array.beginArray();
        while (array.hasNextElement()) {
          letters.add(new String(array.read().toBytes(), UTF_8));
        }
      } catch (InvalidJsonException e) {
        throw new IllegalStateException("an answer of Dromedary is JSON", e);
      }
      return letters;
    }
  }
}
