/** Reads, completes and validates incoming events. */
@NullMarked
package io.dromedary.event;

import org.jspecify.annotations.NullMarked;
