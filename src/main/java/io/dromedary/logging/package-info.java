/** The format of the log, and limits for repeated lines. */
@NullMarked
package io.dromedary.logging;

import org.jspecify.annotations.NullMarked;
