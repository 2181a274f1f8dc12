/**
 * Which message ids were accepted within the window of the de-duplication: in memory for a store
 * that one process owns, in a table where several nodes share it.
 */
@NullMarked
package io.dromedary.outbox.dedup;

import org.jspecify.annotations.NullMarked;
