/** What the tests meet Dromedary with: a webhook receiver that can misbehave, and its helpers. */
@NullMarked
package io.dromedary.testing;

import org.jspecify.annotations.NullMarked;
