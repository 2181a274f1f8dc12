/** What operators are told of without asking: which webhooks fail, what is late, what has died. */
@NullMarked
package io.dromedary.alert;

import org.jspecify.annotations.NullMarked;
