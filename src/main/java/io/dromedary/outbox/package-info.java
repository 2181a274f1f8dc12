/** The outbox: the durable store of pending events and dead letters, as a Camel component. */
@NullMarked
package io.dromedary.outbox;

import org.jspecify.annotations.NullMarked;
