/** The request bin: a built-in webhook that shows what it receives, for the first run. */
@NullMarked
package io.dromedary.bin;

import org.jspecify.annotations.NullMarked;
