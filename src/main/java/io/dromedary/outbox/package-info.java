/** The outbox: the durable store of events that are not done. */
@NullMarked
package io.dromedary.outbox;

import org.jspecify.annotations.NullMarked;
