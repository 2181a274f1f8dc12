/** The behaviour that the steps of all routes share. */
@NullMarked
package io.dromedary.routing;

import org.jspecify.annotations.NullMarked;
