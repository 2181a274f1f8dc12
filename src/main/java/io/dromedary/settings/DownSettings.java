package io.dromedary.settings;

import java.time.Duration;

/**
 * When a webhook is taken for down: attempts, time and events all have to be reached since the last
 * answer that showed it alive. Down, it is only probed.
 *
 * @param detection whether a webhook is ever taken for down
 * @param attempts the fewest attempts in a row without a sign of life
 * @param after the least time without a sign of life
 * @param events the fewest different events among these attempts
 * @param probeInterval between two probes of a webhook that is down
 */
public record DownSettings(
    boolean detection, int attempts, Duration after, int events, Duration probeInterval) {}
