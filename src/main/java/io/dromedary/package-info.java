/** Starts Dromedary as an application of its own. */
@NullMarked
package io.dromedary;

import org.jspecify.annotations.NullMarked;
