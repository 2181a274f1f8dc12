package io.dromedary.alert;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What this process sees of a webhook.
 *
 * @param number of the webhook in its destination, from 1
 * @param isDown whether nothing has shown for a while that it lives
 * @param lasting how long it has been down, or what else it is
 * @param accepted how many attempts it has accepted since the start of the process
 * @param failed how many it has not
 * @param lastFailure the class of the last one that it has not, or null
 * @param certificateExpirySeconds when its certificate expires, in seconds since 1970; NaN where
 *     that is not known
 */
public record WebhookSight(
    int number,
    boolean isDown,
    Duration lasting,
    long accepted,
    long failed,
    @Nullable String lastFailure,
    double certificateExpirySeconds) {}
