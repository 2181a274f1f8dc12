package io.dromedary.faults;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.jspecify.annotations.Nullable;

/** Events for any other inbound endpoint, and for a host's own use of the outbox. */
final class SourceLoad extends Load {

  static final String INBOUND = "direct:source";
  private static final int PATIENCE_SECONDS = 10;

  private final ProducerTemplate template;

  SourceLoad(Webhooks webhooks, String prefix, long mostNanos, ProducerTemplate template) {
    super(webhooks, prefix, mostNanos);
    this.template = template;
  }

  @Override
  void sendAll() throws Exception {
    String text = id(OK);
    String textBody = event(text);
    send(INBOUND, () -> textBody, text);

    String first = id(ONCE);
    String second = id(INVALID);
    String third = id(TWICE);
    String fourth = id(BAD);
    String fifth = id(OK);
    byte[] lines =
        bytes(
            String.join(
                "\n",
                event(first),
                invalid(second),
                event(third),
                event(fourth),
                event(fifth),
                ""));
    send(INBOUND, () -> new FaultyStream(lines), first, second, third, fourth, fifth);

    String map = id(OK);
    Map<String, Object> structure =
        Map.of(
            "type",
            "track",
            "event",
            Masking.CLEAR,
            "userId",
            "u",
            "messageId",
            map,
            "timestamp",
            "2026-01-31T12:00:00.000Z",
            "properties",
            Map.of("list", List.of(1, 2)));
    expect(map, structure);
    send(INBOUND, () -> structure, map);

    String one = id(OK);
    String two = id(OK);
    byte[] array = bytes("[" + event(one) + "," + event(two) + "]");
    send(INBOUND, () -> array, one, two);

    String host = id(HOST);
    send("direct:host", () -> bytes(host), host);
  }

  private void send(String endpoint, Supplier<Object> body, String... ids) throws Exception {
    deliver(() -> answer(endpoint, body.get()), ids);
  }

  private @Nullable String answer(String endpoint, Object body) throws Exception {
    CompletableFuture<Exchange> sent =
        template.asyncSend(endpoint, exchange -> exchange.getMessage().setBody(body));
    try {
      Exchange done = sent.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return done.getException() == null ? null : String.valueOf(done.getException());
    } catch (TimeoutException e) {
      throw new AssertionError("a source is held for more than " + PATIENCE_SECONDS + " s", e);
    } catch (CamelExecutionException | java.util.concurrent.ExecutionException e) {
      return String.valueOf(e.getCause());
    }
  }
}
