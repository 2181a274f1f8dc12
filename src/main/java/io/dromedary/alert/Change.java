package io.dromedary.alert;

import io.dromedary.outbox.AlertRow;
import org.jspecify.annotations.Nullable;

/**
 * The change that a rule makes to a row.
 *
 * @param after the row after the change
 * @param alert the alert to raise, or null
 */
record Change(AlertRow after, @Nullable Alert alert) {}
