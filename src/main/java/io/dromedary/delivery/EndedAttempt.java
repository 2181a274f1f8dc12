package io.dromedary.delivery;

import java.time.Duration;
import java.time.Instant;

/**
 * An attempt of a delivery that has ended, for the history.
 *
 * @param at the instant at which it began
 * @param webhook the index of the webhook
 * @param number of the attempt at these events, from 1
 */
record EndedAttempt(
    Instant at,
    int webhook,
    int number,
    Outcome outcome,
    Duration took,
    boolean isSlow,
    boolean isProbe) {}
