/** Signs requests, so that receivers can verify that they come from Dromedary. */
@NullMarked
package io.dromedary.signing;

import org.jspecify.annotations.NullMarked;
