package io.dromedary.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;

/** A sender of events: an HTTP/1.1 client that shows an answer as the status and the body. */
public final class Http {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private Http() {}

  /** An answer. */
  public record Response(int status, HttpHeaders headers, String body) {

    /** The values of all header lines of that name, in any case. */
    public List<String> headers(String name) {
      return headers.allValues(name);
    }

    /** The status and, after a blank, the body. */
    @Override
    public String toString() {
      return status + " " + body;
    }
  }

  /** Posts a body in UTF-8; the headers are names and values in turn. */
  public static Response post(String url, String body, String... headers) {
    return post(url, body.getBytes(UTF_8), headers);
  }

  public static Response post(String url, byte[] body, String... headers) {
    return send("POST", url, BodyPublishers.ofByteArray(body), headers);
  }

  /** Posts a body in chunks, without telling its length. */
  public static Response postChunks(String url, List<byte[]> chunks, String... headers) {
    return send("POST", url, BodyPublishers.ofByteArrays(chunks), headers);
  }

  /** Sends a request without a body. */
  public static Response send(String method, String url, String... headers) {
    return send(method, url, BodyPublishers.noBody(), headers);
  }

  private static Response send(String method, String url, BodyPublisher body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url)).timeout(PATIENCE).method(method, body);
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      HttpResponse<String> response;
      try {
        response = CLIENT.send(request.build(), BodyHandlers.ofString(UTF_8));
      } catch (IOException e) {
        // A server may close a connection while a request is on its way, and not each that only
        // asks is sent again by the client.
        if (!method.equals("OPTIONS")) {
          throw e;
        }
        response = CLIENT.send(request.build(), BodyHandlers.ofString(UTF_8));
      }
      return new Response(response.statusCode(), response.headers(), response.body());
    } catch (IOException e) {
      throw new AssertionError(method + " " + url + " got no answer: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
