package io.dromedary.delivery;

import io.dromedary.delivery.attempt.Outcome;
import java.time.Duration;
import java.time.Instant;

/**
 * A finished attempt, for the history.
 *
 * @param at the instant at which it began
 * @param webhook the index of the webhook
 * @param number the number of the attempt at these events, from 1
 */
record EndedAttempt(
    Instant at,
    int webhook,
    int number,
    Outcome outcome,
    Duration took,
    boolean isSlow,
    boolean isProbe) {}
