package io.dromedary.destination;

import io.dromedary.delivery.Destination;
import io.dromedary.delivery.Webhook;
import io.dromedary.delivery.attempt.AttemptClass;
import io.dromedary.delivery.attempt.ConnectionFigures;
import io.dromedary.delivery.attempt.Outcome;
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
 * Shows the present state of a destination's deliveries and their counts since the process started.
 * It does not query the store. Thread-safe.
 */
public final class DestinationReport {

  static final String BEAN = "report";

  private final Destination destination;

  DestinationReport(Destination destination) {
    this.destination = destination;
  }

  /**
   * The state and the counts of a webhook.
   *
   * @param number the webhook's number, from 1
   * @param name the part of its URL that may be shown
   * @param inFlight the number of attempts in flight
   * @param accepted the number of accepted attempts
   * @param failed the number of failed attempts by class, without classes that never occurred
   * @param hasCertificate whether the webhook uses TLS
   * @param certificateExpiry the expiry of the certificate presented last; null if there was none
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

    /** Returns the number of attempts that have ended. */
    public long attempts() {
      return accepted + failed.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  /** Returns the report of a destination, or null if this process does not deliver its events. */
  public static @Nullable DestinationReport of(CamelContext context, String destination) {
    return context
        .getRegistry()
        .lookupByNameAndType(DestinationBindings.bean(destination, BEAN), DestinationReport.class);
  }

  /** Returns the number of events that enough webhooks have accepted. */
  public long delivered() {
    return destination.meters().deliveredEvents();
  }

  /** Returns the number of events that the transform has dropped. */
  public long dropped() {
    return destination.meters().droppedEvents();
  }

  /** Returns the time from acceptance after which an event is given up. */
  public Duration window() {
    return destination.settings().retryWindow();
  }

  /** Returns the webhooks in their order. */
  public List<WebhookFigures> webhooks() {
    List<WebhookFigures> figures = new ArrayList<>();
    for (Webhook webhook : destination.webhooks()) {
      figures.add(figures(figures.size() + 1, webhook));
    }
    return List.copyOf(figures);
  }

  /** Makes the next event probe a webhook if it is down; returns whether it is down. */
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
    ConnectionFigures connections = webhook.attempts().connections();
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
