package io.dromedary.destination;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.delivery.Attempts;
import io.dromedary.delivery.Round;
import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.delivery.http.HttpTarget;
import io.dromedary.destination.WebhookCheck.Finding;
import io.dromedary.destination.WebhookCheck.Level;
import io.dromedary.json.JsonFields;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.Settings;
import io.dromedary.signing.Payload;
import io.dromedary.signing.Signer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;

/** Sends a signed test event that shows whether a webhook accepts requests. */
final class TestEvent {

  private TestEvent() {}

  /**
   * Sends a test event as an attempt does.
   *
   * @param name the part of the webhook's URL that may be shown
   */
  static Finding send(
      CamelContext context, DestinationSettings settings, HttpTarget target, String name)
      throws InterruptedException {
    String id = "check-" + UUID.randomUUID();
    Instant now = Settings.clock(context).instant();
    byte[] event = event(id, now).getBytes(UTF_8);
    Payload payload =
        settings.batchSize() > 1 ? Payload.batch(id, List.of(event)) : Payload.single(id, event);
    Map<String, Object> headers = new HashMap<>(settings.headers());
    headers.put(Exchange.CONTENT_TYPE, "application/json");
    for (Signer signer : Round.signers(settings)) {
      signer.sign(payload, now, headers);
    }
    Attempts attempts =
        new Attempts(
            context,
            name,
            target,
            WebhookAttempts.headers(settings),
            settings.timeout(),
            1,
            Runnable::run,
            Settings.clock(context));
    Exchange exchange = new DefaultExchange(context);
    exchange.getMessage().setHeaders(headers);
    exchange.getMessage().setBody(payload.body());
    CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    long start = System.nanoTime();
    try {
      attempts.start();
      attempts.start(
          exchange,
          isSync -> outcome.complete(exchange.getProperty(Attempts.OUTCOME, Outcome.class)));
      Outcome found =
          outcome.get(settings.timeout().multipliedBy(2).toMillis(), TimeUnit.MILLISECONDS);
      boolean isAccepted = found.kind() == Outcome.Kind.ACCEPTED;
      return new Finding(
          "send",
          isAccepted ? Level.OK : Level.FAILED,
          "event "
              + id
              + (isAccepted ? " accepted, " + found.status() : " not accepted: " + found.reason())
              + " in "
              + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)
              + " ms");
    } catch (ExecutionException | TimeoutException e) {
      return new Finding("send", Level.FAILED, "event " + id + " not accepted in time");
    } finally {
      attempts.stop();
    }
  }

  private static String event(String id, Instant now) {
    return JsonFields.write(
        json -> {
          String instant = now.truncatedTo(ChronoUnit.MILLIS).toString();
          json.writeStringField("type", "track");
          json.writeStringField("event", "Dromedary Check");
          json.writeStringField("userId", "dromedary-check");
          json.writeStringField("messageId", id);
          json.writeStringField("timestamp", instant);
          json.writeStringField("receivedAt", instant);
        });
  }
}
