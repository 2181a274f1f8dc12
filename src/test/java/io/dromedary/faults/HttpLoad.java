package io.dromedary.faults;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Base64;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** Events for the tracking API, and requests that it must refuse. */
final class HttpLoad extends Load {

  static final String KEY = "key";

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final String url;

  HttpLoad(Webhooks webhooks, String prefix, long mostNanos, String url) {
    super(webhooks, prefix, mostNanos);
    this.url = url;
  }

  @Override
  void sendAll() throws Exception {
    String single = id(OK);
    post("track", bytes(event(single)), false, single);
    refused("track", bytes(invalid(id(INVALID))), KEY, 400);
    String first = id(ONCE);
    String second = id(INVALID);
    String third = id(TWICE);
    String fourth = id(BAD);
    String batch =
        "{\"batch\":[%s,%s,%s,%s]}"
            .formatted(event(first), invalid(second), event(third), event(fourth));
    post("batch", bytes(batch), false, first, second, third, fourth);
    refused("batch", bytes("{\"batch\":[{\"event\":\"" + FORGED + "\"},]}"), KEY, 400);
    refused("track", bytes(forged()), "another", 401);
    String fifth = id(OK);
    String sixth = id(OK);
    post(
        "batch",
        gzip("{\"batch\":[%s,%s]}".formatted(event(fifth), event(sixth))),
        true,
        fifth,
        sixth);
    refused("batch", gzip("{\"batch\":[" + forged() + "]}"), "another", 401);
  }

  /** Of a stranger, who knows no key. */
  private static String forged() {
    return "{\"type\":\"track\",\"event\":\"%s\",\"userId\":\"u\",\"messageId\":\"%s\"}"
        .formatted(FORGED, FORGED);
  }

  private void post(String path, byte[] body, boolean isGzip, String... ids) throws Exception {
    deliver(
        () -> {
          HttpResponse<String> answer = answer(path, body, isGzip, KEY);
          if (answer != null && answer.statusCode() != 200 && answer.statusCode() < 500) {
            throw new AssertionError("a good request was answered " + shown(answer));
          }
          return answer == null ? "no answer" : answer.statusCode() == 200 ? null : shown(answer);
        },
        ids);
  }

  private void refused(String path, byte[] body, String key, int status) throws Exception {
    HttpResponse<String> answer = answer(path, body, body[0] != '{', key);
    // After many wrong keys of this address they are not even looked at.
    boolean isRefused =
        answer == null
            || answer.statusCode() == status
            || (status == 401 && answer.statusCode() == 429)
            || answer.statusCode() >= 500;
    if (!isRefused) {
      throw new AssertionError(
          "expected " + status + " for what is refused, found " + shown(answer));
    }
  }

  private static String shown(HttpResponse<String> answer) {
    return answer.statusCode() + " " + answer.body();
  }

  /** Null: the connection was closed without one. */
  private @Nullable HttpResponse<String> answer(
      String path, byte[] body, boolean isGzip, String key) throws InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + "/v1/" + path))
            .timeout(PATIENCE)
            .header(
                "Authorization", "Basic " + Base64.getEncoder().encodeToString(bytes(key + ":")))
            .POST(BodyPublishers.ofByteArray(body));
    if (isGzip) {
      request.header("Content-Encoding", "gzip");
    }
    try {
      return CLIENT.send(request.build(), BodyHandlers.ofString());
    } catch (HttpTimeoutException e) {
      throw new AssertionError("a request got no answer within " + PATIENCE, e);
    } catch (IOException e) {
      return null;
    }
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(bytes(text));
    }
    return bytes.toByteArray();
  }
}
