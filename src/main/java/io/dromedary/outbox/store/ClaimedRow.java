package io.dromedary.outbox.store;

/**
 * A row that this node has claimed.
 *
 * @param token tells whether the row is still this claim's, where the rows say who has claimed them
 */
public record ClaimedRow(long id, String destination, long token) {}
