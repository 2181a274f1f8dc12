/** Traces events with OpenTelemetry, if the library is on the class path. */
@NullMarked
package io.dromedary.tracing;

import org.jspecify.annotations.NullMarked;
