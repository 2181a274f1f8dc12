/** Metrics for operators, published through Micrometer if the host has it. */
@NullMarked
package io.dromedary.metrics;

import org.jspecify.annotations.NullMarked;
