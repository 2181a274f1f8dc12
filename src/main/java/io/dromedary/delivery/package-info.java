/** Rounds of attempts: who is sent to, what came of it, and when to try again. */
@NullMarked
package io.dromedary.delivery;

import org.jspecify.annotations.NullMarked;
