package io.dromedary.delivery;

import io.dromedary.delivery.flow.FlowState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * What the deliveries of a destination are like at present, and what has been counted of them since
 * the process started. Nothing of it looks at the store. Thread-safe.
 */
public final class DestinationReport {

  static final String BEAN = "report";

  private final Destination destination;

  DestinationReport(Destination destination) {
    this.destination = destination;
  }

  /**
   * What is known of a webhook.
   *
   * @param number from 1
   * @param name what may be shown of its URL
   * @param inFlight attempts that have not ended
   * @param accepted how many attempts it has accepted
   * @param failed how many have failed in each way in which any has
   * @param hasCertificate whether it speaks TLS
   * @param certificateExpiry when the certificate expires that it has shown last; null: none was
   */
  public record WebhookFigures(
      int number,
      String name,
      FlowState state,
      int inFlight,
      long accepted,
      Map<AttemptClass, Long> failed,
      boolean hasCertificate,
      @Nullable Instant certificateExpiry) {

    /** How many attempts have ended. */
    public long attempts() {
      return accepted + failed.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  /** The report of a destination, or null where nobody here delivers its events. */
  public static @Nullable DestinationReport of(CamelContext context, String destination) {
    return context
        .getRegistry()
        .lookupByNameAndType(DestinationBindings.bean(destination, BEAN), DestinationReport.class);
  }

  /** How many events enough webhooks have accepted. */
  public long delivered() {
    return destination.meters().delivered.sum();
  }

  /** How many events the transform has left out. */
  public long dropped() {
    return destination.meters().dropped.sum();
  }

  /** How long after its acceptance an event is given up. */
  public Duration window() {
    return destination.settings().retryWindow();
  }

  /** The webhooks, in their order. */
  public List<WebhookFigures> webhooks() {
    List<WebhookFigures> figures = new ArrayList<>();
    for (Webhook webhook : destination.webhooks()) {
      figures.add(figures(figures.size() + 1, webhook));
    }
    return List.copyOf(figures);
  }

  /** Has a webhook that is down be probed by the next event, if there is one; returns if it is. */
  public boolean probeNow(int number) {
    return destination.webhooks().get(number - 1).flow().probeNow();
  }

  private static WebhookFigures figures(int number, Webhook webhook) {
    Map<AttemptClass, Long> failed = new EnumMap<>(AttemptClass.class);
    for (AttemptClass each : AttemptClass.values()) {
      for (Outcome.Kind kind : each.kinds()) {
        long count = webhook.ended(kind, each).sum();
        if (kind != Outcome.Kind.ACCEPTED && count > 0) {
          failed.merge(each, count, Long::sum);
        }
      }
    }
    ConnectionFigures connections = webhook.made().connections();
    double expiry = connections == null ? Double.NaN : connections.certificateExpirySeconds();
    return new WebhookFigures(
        number,
        webhook.name(),
        webhook.flow().state(),
        webhook.flow().inFlight(),
        webhook.ended(Outcome.Kind.ACCEPTED, AttemptClass.ACCEPTED).sum(),
        failed,
        connections != null && connections.isSecure(),
        Double.isNaN(expiry) ? null : Instant.ofEpochSecond((long) expiry));
  }
}
