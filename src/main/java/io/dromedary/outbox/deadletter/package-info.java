/** Dead letters: why events were given up, how they are listed, grouped, replayed and deleted. */
@NullMarked
package io.dromedary.outbox.deadletter;

import org.jspecify.annotations.NullMarked;
