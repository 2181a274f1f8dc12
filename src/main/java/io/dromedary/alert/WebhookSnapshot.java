package io.dromedary.alert;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The state of a webhook as this process sees it.
 *
 * @param number the number of the webhook in its destination, from 1
 * @param isDown whether it is down, without a sign of life for a while
 * @param lasting how long it has been in its present state
 * @param accepted the number of accepted attempts since the start of the process
 * @param failed the number of failed attempts since then
 * @param lastFailure the class of the last failed attempt, or null
 * @param certificateExpirySeconds when its certificate expires, in seconds since 1970, or NaN if
 *     unknown
 */
public record WebhookSnapshot(
    int number,
    boolean isDown,
    Duration lasting,
    long accepted,
    long failed,
    @Nullable String lastFailure,
    double certificateExpirySeconds) {}
