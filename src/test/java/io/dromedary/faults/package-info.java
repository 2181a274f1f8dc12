/** Makes every call between inbound and settlement fail in turn, and looks at what is lost. */
@NullMarked
package io.dromedary.faults;

import org.jspecify.annotations.NullMarked;
