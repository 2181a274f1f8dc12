/** Starts and stops the packaged application. */
@NullMarked
package io.dromedary.app;

import org.jspecify.annotations.NullMarked;
