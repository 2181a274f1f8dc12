package io.dromedary.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import io.dromedary.testing.Signatures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The webhooks of all destinations. They answer what an event's id says, compare what comes with
 * what was sent, and remember who has accepted what. Thread-safe.
 */
final class Webhooks implements AutoCloseable {

  static final String SECRET = "hush";

  /** Each is the path of a webhook. */
  static final List<String> ALL = List.of("default", "pair-1", "pair-2", "batch");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Receiver receiver = Receiver.start().countOnly().answerBy(this::choose);
  private final Map<String, JsonNode> sent = new ConcurrentHashMap<>();

  /** Of the run before: an event may come again late. */
  private final Map<String, JsonNode> sentBefore = new ConcurrentHashMap<>();

  private final Map<String, Integer> attempts = new ConcurrentHashMap<>();
  private final Map<String, Integer> accepted = new ConcurrentHashMap<>();
  private final Collection<String> problems = new ConcurrentLinkedQueue<>();

  String url(String webhook) {
    return receiver.url("/" + webhook);
  }

  /** An event that is about to be sent. */
  void expect(String id, String text) {
    try {
      sent.put(id, JSON.readTree(text));
    } catch (IOException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  /** An event that is about to be sent as a structure. */
  void expect(String id, Map<String, Object> structure) {
    sent.put(id, JSON.valueToTree(structure));
  }

  /** How often a webhook has accepted an event. */
  int accepted(String webhook, String id) {
    return accepted.getOrDefault(webhook + " " + id, 0);
  }

  /** An event has come to somebody who accepts it. */
  void accept(String webhook, String id) {
    accepted.merge(webhook + " " + id, 1, Integer::sum);
  }

  /** What has come that must not have, since this was asked last. */
  List<String> problems() {
    List<String> all = new ArrayList<>(problems);
    problems.removeAll(all);
    return all;
  }

  /** Forgets what was sent before the run that has ended. */
  void forget() {
    sentBefore.clear();
    sentBefore.putAll(sent);
    sent.clear();
    attempts.clear();
    accepted.clear();
  }

  private Answer choose(Request request) {
    String webhook = request.path().substring(1);
    try {
      if (!Signatures.verifies(SECRET, request)) {
        problems.add("a signature is wrong: " + request);
      }
      JsonNode body = JSON.readTree(request.body());
      if (body.isArray() != webhook.equals("batch")) {
        problems.add("a webhook got " + request);
      }
      List<String> ids = new ArrayList<>();
      for (JsonNode event : body.isArray() ? body : List.of(body)) {
        check(webhook, event);
        ids.add(event.path("messageId").asText());
      }
      int status = ids.stream().mapToInt(id -> status(webhook, id)).max().orElse(200);
      return status == 200
          ? Answer.status(200).then(() -> ids.forEach(id -> accept(webhook, id)))
          : Answer.status(status);
    } catch (IOException | IllegalArgumentException e) {
      problems.add("a webhook got what is no JSON: " + request + ": " + e);
      return Answer.status(200);
    }
  }

  private void check(String webhook, JsonNode event) {
    String id = event.path("messageId").asText();
    JsonNode wanted = sent.getOrDefault(id, sentBefore.get(id));
    if (wanted == null || !event.isObject()) {
      problems.add(webhook + " got what was not sent: " + event);
      return;
    }
    ObjectNode found = event.deepCopy();
    if (!wanted.has("receivedAt")) {
      found.remove("receivedAt");
    }
    ObjectNode expected = wanted.deepCopy();
    expected.put("version", 1);
    if (webhook.equals("batch")) {
      expected.put("event", Masking.MASK);
    }
    if (!found.equals(expected)) {
      problems.add(webhook + " got " + found + " where " + expected + " was sent");
    }
  }

  /** What the event's id wants: 400 always, or 503 so often. */
  private int status(String webhook, String id) {
    int attempt = attempts.merge(webhook + " " + id, 1, Integer::sum);
    String plan = id.substring(id.lastIndexOf('-') + 1);
    return switch (plan) {
      case Load.BAD -> 400;
      case Load.ONCE -> attempt <= 1 ? 503 : 200;
      case Load.TWICE -> attempt <= 2 ? 503 : 200;
      default -> 200;
    };
  }

  @Override
  public void close() {
    receiver.close();
  }
}
