/** Spans of OpenTelemetry for what happens to an event, where a host has that library. */
@NullMarked
package io.dromedary.tracing;

import org.jspecify.annotations.NullMarked;
