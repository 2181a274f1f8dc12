package io.dromedary.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.json.InvalidJsonException;
import io.dromedary.settings.ProcessAddress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A client of the application that runs with the same settings, or at a given URL. */
final class RunningProcess {

  private static final String HEALTH = "/observe/health";
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  /** A replay of a million dead letters, which is one call, takes a minute or two. */
  private static final Duration TIMEOUT = Duration.ofMinutes(15);

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_TIMEOUT)
          .build();

  private final ProcessAddress address;
  private final String url;
  private final boolean isGiven;

  /**
   * Makes a client.
   *
   * @param given a URL that replaces the server's address in the settings, or null
   * @throws FailedException if it is not an http or https URL
   */
  RunningProcess(ProcessAddress address, @Nullable String given) throws FailedException {
    this.address = address;
    this.isGiven = given != null;
    this.url = (given == null ? address.url() : given).replaceFirst("/+$", "");
    if (given != null && !given.matches("https?://.+")) {
      throw noUrl();
    }
  }

  private FailedException noUrl() {
    return new FailedException(
        ExitCode.USAGE,
        "--url: found \"" + url + "\", expected a URL such as http://127.0.0.1:8080");
  }

  /**
   * Calls the management API.
   *
   * @param below the path below that of the API
   * @return the response to a request that succeeded
   * @throws FailedException if the process cannot be reached or refuses the request
   */
  Answer call(String method, String below, Map<String, String> parameters)
      throws FailedException, InterruptedException {
    String query =
        parameters.entrySet().stream()
            .map(each -> each.getKey() + "=" + URLEncoder.encode(each.getValue(), UTF_8))
            .collect(Collectors.joining("&"));
    HttpRequest.Builder request = request(url, address.management() + below + "?" + query);
    request.method(method, BodyPublishers.noBody());
    if (address.secret() != null) {
      request.header("Authorization", "Bearer " + address.secret());
    }
    return answer(send(request));
  }

  /**
   * Reads the health with all its checks, up or down.
   *
   * @throws FailedException if the process cannot be reached or does not answer with its health
   */
  Answer health() throws FailedException, InterruptedException {
    String asked = isGiven ? url + HEALTH : address.health();
    HttpRequest.Builder request = request(asked + "?exposureLevel=full&data=true", "");
    String login = address.healthLogin();
    if (login != null) {
      request.header("Authorization", basic(login));
    }
    HttpResponse<byte[]> response = send(request);
    try {
      Answer answer = Answer.of(response.body());
      if (!answer.string("status").isEmpty()) {
        return answer;
      }
    } catch (InvalidJsonException e) {
      // The response is not Dromedary's.
    }
    throw new FailedException(
        exitCode(response.statusCode()),
        "Found an answer "
            + response.statusCode()
            + " at "
            + asked
            + ", expected the health of Dromedary; a password is taken from the settings of this"
            + " folder");
  }

  /**
   * Sends an event to the tracking API.
   *
   * @throws FailedException if the event is not accepted
   */
  void send(byte[] event) throws FailedException, InterruptedException {
    ByteArrayOutputStream batch = new ByteArrayOutputStream();
    batch.writeBytes("{\"batch\":[".getBytes(UTF_8));
    batch.writeBytes(event);
    batch.writeBytes("]}".getBytes(UTF_8));
    HttpRequest.Builder request = request(url, address.tracking() + "/batch");
    request.header("Content-Type", "application/json");
    if (address.writeKey() != null) {
      request.header("Authorization", basic(address.writeKey() + ":"));
    }
    Answer answer = answer(send(request.POST(BodyPublishers.ofByteArray(batch.toByteArray()))));
    for (String error : answer.elements("errors")) {
      throw new FailedException(ExitCode.USAGE, Answer.of(error).string("message"));
    }
  }

  private static String basic(String login) {
    return "Basic " + Base64.getEncoder().encodeToString(login.getBytes(UTF_8));
  }

  private HttpRequest.Builder request(String server, String path) throws FailedException {
    try {
      return HttpRequest.newBuilder(URI.create(server + path)).timeout(TIMEOUT);
    } catch (IllegalArgumentException e) {
      throw noUrl();
    }
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder request)
      throws FailedException, InterruptedException {
    try {
      return client.send(request.build(), BodyHandlers.ofByteArray());
    } catch (ConnectException | HttpConnectTimeoutException e) {
      throw new FailedException(
          ExitCode.FAILED,
          "Found no process at "
              + url
              + ", expected Dromedary to run there: start it in this folder with java -jar"
              + " dromedary.jar");
    } catch (IOException e) {
      throw new FailedException(ExitCode.FAILED, "Found no answer at " + url + ": " + e);
    }
  }

  private Answer answer(HttpResponse<byte[]> response) throws FailedException {
    int status = response.statusCode();
    try {
      Answer answer = Answer.of(response.body());
      if (status == 200) {
        return answer;
      }
      if (answer.has("message")) {
        throw new FailedException(exitCode(status), answer.string("message"));
      }
    } catch (InvalidJsonException e) {
      // The response is not Dromedary's.
    }
    throw new FailedException(
        exitCode(status),
        "Found an answer "
            + status
            + " at "
            + url
            + ", expected that of Dromedary and, beyond loopback,"
            + " with webhooks.management.secret");
  }

  private static int exitCode(int status) {
    return switch (status) {
      case 400 -> ExitCode.USAGE;
      case 401, 403 -> ExitCode.REFUSED;
      default -> ExitCode.FAILED;
    };
  }
}
