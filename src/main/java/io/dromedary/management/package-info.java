/** What operators may ask of a running process, over HTTP. */
@NullMarked
package io.dromedary.management;

import org.jspecify.annotations.NullMarked;
