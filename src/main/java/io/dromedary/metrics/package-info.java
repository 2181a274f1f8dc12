/** What an operator can count, by Micrometer where a host has it. */
@NullMarked
package io.dromedary.metrics;

import org.jspecify.annotations.NullMarked;
