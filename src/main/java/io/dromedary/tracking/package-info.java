/** Receives events over HTTP: the tracking API that analytics SDKs use. */
@NullMarked
package io.dromedary.tracking;

import org.jspecify.annotations.NullMarked;
