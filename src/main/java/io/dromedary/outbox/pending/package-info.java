/** The events of an outbox that are not done, for an operator: listed, hastened and deleted. */
@NullMarked
package io.dromedary.outbox.pending;

import org.jspecify.annotations.NullMarked;
