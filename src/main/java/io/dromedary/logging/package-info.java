/** How lines of the log are written, and how many of them. */
@NullMarked
package io.dromedary.logging;

import org.jspecify.annotations.NullMarked;
