/** Attempts by Camel's HTTP component: connections, one request each, bounded answers. */
@NullMarked
package io.dromedary.delivery.http;

import org.jspecify.annotations.NullMarked;
