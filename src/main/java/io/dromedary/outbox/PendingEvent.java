package io.dromedary.outbox;

import java.time.Instant;

/**
 * An event that is not done.
 *
 * @param id its id in the store
 * @param event the event, with how far its delivery has come
 * @param dueAt when it may be claimed, or could have been
 * @param isClaimed whether a process has it in memory, and is at it
 */
public record PendingEvent(
    long id, String destination, OutboxEvent event, Instant dueAt, boolean isClaimed) {}
