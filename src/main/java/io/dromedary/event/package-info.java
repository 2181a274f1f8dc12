/** Events as they come in: read, completed, validated. */
@NullMarked
package io.dromedary.event;

import org.jspecify.annotations.NullMarked;
