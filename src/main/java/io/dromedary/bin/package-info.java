/** The request bin: a webhook to look at, for the first run. */
@NullMarked
package io.dromedary.bin;

import org.jspecify.annotations.NullMarked;
