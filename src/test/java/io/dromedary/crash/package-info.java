/**
 * Kills the packaged application at random, or keeps it in trouble for a while, and counts what
 * that has lost or repeated.
 */
@NullMarked
package io.dromedary.crash;

import org.jspecify.annotations.NullMarked;
