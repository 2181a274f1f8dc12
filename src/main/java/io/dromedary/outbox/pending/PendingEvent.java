package io.dromedary.outbox.pending;

import io.dromedary.outbox.store.OutboxEvent;
import java.time.Instant;

/**
 * An event that is neither delivered nor given up.
 *
 * @param id its id in the store
 * @param event the event, with the progress of its delivery
 * @param dueAt the instant from which it may be claimed, in the past or in the future
 * @param isClaimed whether a process has claimed it
 */
public record PendingEvent(
    long id, String destination, OutboxEvent event, Instant dueAt, boolean isClaimed) {}
