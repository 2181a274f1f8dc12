/** The configuration contract: what may be set, its defaults and its bounds. */
@NullMarked
package io.dromedary.settings;

import org.jspecify.annotations.NullMarked;
