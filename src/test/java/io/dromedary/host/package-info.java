/** Dromedary in applications of others. */
@NullMarked
package io.dromedary.host;

import org.jspecify.annotations.NullMarked;
