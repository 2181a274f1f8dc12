package io.dromedary.delivery;

import org.jspecify.annotations.Nullable;

/**
 * What is of use of an answer to an attempt.
 *
 * @param retryAfter the header of that name, or null
 * @param excerpt the first KiB of the body, or of one that accepts nothing; not to be written to
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record WebhookAnswer(int status, @Nullable String retryAfter, byte[] excerpt) {}
