package io.dromedary.alert;

import io.dromedary.outbox.AlertRow;
import org.jspecify.annotations.Nullable;

/**
 * What a rule makes of what is seen.
 *
 * @param after the row as it is to be
 * @param alert what is told of it, or null
 */
record Change(AlertRow after, @Nullable Alert alert) {}
