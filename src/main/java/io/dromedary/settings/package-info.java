/** Reads and checks the configuration: its keys, their defaults and bounds. */
@NullMarked
package io.dromedary.settings;

import org.jspecify.annotations.NullMarked;
