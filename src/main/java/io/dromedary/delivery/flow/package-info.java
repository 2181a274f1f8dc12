/** How much may be sent to one webhook at present: down and up, concurrency, and sending rate. */
@NullMarked
package io.dromedary.delivery.flow;

import org.jspecify.annotations.NullMarked;
