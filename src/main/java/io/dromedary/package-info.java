/** The main classes of the packaged application. */
@NullMarked
package io.dromedary;

import org.jspecify.annotations.NullMarked;
