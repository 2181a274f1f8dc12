/** What has become of attempts: kept for a while, counted for longer, for whoever looks into it. */
@NullMarked
package io.dromedary.history;

import org.jspecify.annotations.NullMarked;
