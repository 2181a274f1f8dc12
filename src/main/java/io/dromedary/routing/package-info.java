/** What the steps of all routes have in common. */
@NullMarked
package io.dromedary.routing;

import org.jspecify.annotations.NullMarked;
