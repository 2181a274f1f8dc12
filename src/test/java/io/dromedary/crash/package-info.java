/** Kills the packaged application at random, and counts what that has lost or repeated. */
@NullMarked
package io.dromedary.crash;

import org.jspecify.annotations.NullMarked;
