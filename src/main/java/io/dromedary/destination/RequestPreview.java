package io.dromedary.destination;

import io.dromedary.delivery.Destination;
import io.dromedary.delivery.Round;
import io.dromedary.delivery.Webhook;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.settings.Settings;
import io.dromedary.signing.Payload;
import io.dromedary.signing.Signer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * A request as it would be sent now: signed anew, before the transform, and with a single event
 * even if events are sent in batches. Values of custom headers, which may be secrets, are hidden,
 * and only the origin of a URL is shown. Immutable.
 *
 * @param webhooks the names of the webhooks that the request would go to
 * @param headers the headers by name; a hidden value is {@link #HIDDEN}
 * @param isTransformed whether a transform would change the body first
 */
public record RequestPreview(
    List<String> webhooks, Map<String, String> headers, boolean isTransformed) {

  /** Stands for the value of a header that is hidden. */
  public static final String HIDDEN = "•••";

  /**
   * Returns the request of an event, or null if this process does not deliver its destination's
   * events.
   *
   * @param isSigned whether to show the signatures
   */
  public static @Nullable RequestPreview of(
      CamelContext context, String destination, OutboxEvent event, boolean isSigned) {
    PendingReport report = PendingReport.of(context, destination);
    return report == null
        ? null
        : of(report.destination(), event, Settings.clock(context).instant(), isSigned);
  }

  private static RequestPreview of(
      Destination destination, OutboxEvent event, Instant now, boolean isSigned) {
    Payload payload =
        destination.settings().batchSize() > 1
            ? Payload.batch(event.messageId(), List.of(event.body()))
            : Payload.single(event.messageId(), event.body());
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(Exchange.CONTENT_TYPE, "application/json");
    headers.put("User-Agent", destination.settings().userAgent());
    Map<String, Object> signed = new TreeMap<>();
    for (Signer signer : Round.signers(destination.settings())) {
      signer.sign(payload, now, signed);
    }
    signed.forEach((name, value) -> headers.put(name, isSigned ? value.toString() : HIDDEN));
    new TreeMap<>(destination.settings().headers())
        .forEach((name, value) -> headers.put(name, HIDDEN));
    List<String> webhooks = new ArrayList<>();
    for (Webhook webhook : destination.webhooks()) {
      webhooks.add(webhook.name());
    }
    return new RequestPreview(
        List.copyOf(webhooks), headers, destination.settings().transform() != null);
  }
}
