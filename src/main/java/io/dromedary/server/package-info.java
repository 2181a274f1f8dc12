/** The HTTP server of the packaged application. */
@NullMarked
package io.dromedary.server;

import org.jspecify.annotations.NullMarked;
