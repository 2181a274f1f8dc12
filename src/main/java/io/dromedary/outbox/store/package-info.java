/**
 * The database of an outbox: its schema, its rows, the files of SQLite, and the one thread that
 * writes to it. It knows nothing of consumers, claims in flight or dead letters.
 */
@NullMarked
package io.dromedary.outbox.store;

import org.jspecify.annotations.NullMarked;
