/** Receives events from any other Camel endpoint. */
@NullMarked
package io.dromedary.inbound;

import org.jspecify.annotations.NullMarked;
