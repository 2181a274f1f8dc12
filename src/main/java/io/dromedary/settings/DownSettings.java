package io.dromedary.settings;

import java.time.Duration;

/**
 * When a webhook counts as down: after its last sign of life, {@code attempts}, {@code after} and
 * {@code events} have all been reached. A webhook that is down only gets probes.
 *
 * @param detection whether a webhook ever counts as down
 * @param attempts the least number of attempts in a row without a sign of life
 * @param after the least time without a sign of life
 * @param events the least number of different events among these attempts
 * @param probeInterval the time between two probes of a webhook that is down
 */
public record DownSettings(
    boolean detection, int attempts, Duration after, int events, Duration probeInterval) {}
