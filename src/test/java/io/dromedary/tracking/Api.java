package io.dromedary.tracking;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonReader;
import io.dromedary.testing.Deliveries;
import io.dromedary.testing.Http;
import io.dromedary.testing.Http.Response;
import io.dromedary.testing.Json;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import io.dromedary.testing.SettableClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** The tracking API of an application started for a test, and the webhook that it delivers to. */
final class Api implements AutoCloseable {

  /** The fixed time of the application's clock. */
  static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");

  static final String SUCCESS = "200 {\"success\":true}";

  private static final AtomicInteger IDS = new AtomicInteger();

  private final Path folder;
  private final Receiver receiver = Receiver.start();
  private final Deliveries deliveries = new Deliveries(receiver, "s3cret");
  private final Application application;
  private final Queue<String> unwanted = new ConcurrentLinkedQueue<>();

  private Api(Path folder, Map<String, String> settings, Clock clock) {
    this.folder = folder;
    Map<String, String> all = new HashMap<>(settings);
    all.put("webhooks.urls", receiver.url());
    all.put("webhooks.signing.secret", "s3cret");
    application = Application.start(folder, all, Map.of("dromedary-clock", clock));
  }

  static Api start(Path folder, Map<String, String> settings) {
    return start(folder, settings, new SettableClock(NOW));
  }

  static Api start(Path folder, Map<String, String> settings, Clock clock) {
    return new Api(folder, settings, clock);
  }

  /** Returns a new message id. */
  static String newId() {
    return "id-" + IDS.incrementAndGet() + ".";
  }

  /** Returns a new message id that must never reach the webhook. */
  String unwantedId() {
    String id = newId();
    unwanted.add(id);
    return id;
  }

  String url(String path) {
    return application.url(path);
  }

  /** A valid event. */
  static String track(String messageId) {
    return Json.json("{'type':'track','event':'e','userId':'u','messageId':'" + messageId + "'}");
  }

  /** A body for {@code /v1/batch}. */
  static String batch(String... events) {
    return batch(List.of(events));
  }

  static String batch(List<String> events) {
    return "{\"batch\":[" + String.join(",", events) + "]}";
  }

  Response post(String path, String body, String... headers) {
    return post(path, body.getBytes(UTF_8), headers);
  }

  /** Posts a body and checks that the response is a JSON object. */
  Response post(String path, byte[] body, String... headers) {
    return checked(Http.post(url(path), body, headers));
  }

  Response postChunks(String path, List<byte[]> chunks, String... headers) {
    return checked(Http.postChunks(url(path), chunks, headers));
  }

  Response send(String method, String path, String... headers) {
    return checked(Http.send(method, url(path), headers));
  }

  private static Response checked(Response response) {
    assertThat(response.headers("Content-Type")).containsExactly("application/json");
    try {
      JsonReader json = new JsonReader(response.body().getBytes(UTF_8));
      json.readObject();
      json.end();
    } catch (InvalidJsonException e) {
      throw new AssertionError("expected a JSON object, found: " + response, e);
    }
    return response;
  }

  /** The response to a request that is refused, or whose only event is rejected. */
  static String failure(int status, String code, String message) {
    return status
        + " {\"success\":false,\"code\":\""
        + code
        + "\",\"message\":"
        + Json.quoted(message)
        + "}";
  }

  /** Waits for an event, checks its signature and returns the body of its request. */
  String delivered(String messageId) {
    return deliveries.of(messageId);
  }

  /** All requests that the webhook has received. */
  List<Request> requests() {
    return receiver.requests();
  }

  /** Waits for the event whose text contains a part. */
  String deliveredWith(String part) {
    return deliveries.theOnly(part);
  }

  /** Waits for the dead letter that contains a part. It is written after the sender's response. */
  String deadLetter(String part) {
    await().atMost(Duration.ofSeconds(10)).until(() -> !deadLetters(part).isEmpty());
    List<String> letters = deadLetters(part);
    assertThat(letters).hasSize(1);
    return letters.get(0);
  }

  /** The dead letters that contain a part and have been written so far. */
  List<String> deadLetters(String part) {
    Path file = folder.resolve("dead-letters.jsonl");
    try {
      return Files.exists(file)
          ? Files.readAllLines(file).stream().filter(line -> line.contains(part)).toList()
          : List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Stops the application and checks that no event was unwanted or delivered twice. */
  @Override
  public void close() {
    application.close();
    receiver.close();
    deliveries.check(unwanted);
  }
}
