/** How requests are signed, so that a receiver can tell they are ours. */
@NullMarked
package io.dromedary.signing;

import org.jspecify.annotations.NullMarked;
