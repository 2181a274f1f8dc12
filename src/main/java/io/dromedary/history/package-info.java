/** The history of attempts: records for a short time and counts for longer, for operators. */
@NullMarked
package io.dromedary.history;

import org.jspecify.annotations.NullMarked;
