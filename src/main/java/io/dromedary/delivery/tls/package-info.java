/** TLS for webhooks, and explanations of its failures. */
@NullMarked
package io.dromedary.delivery.tls;

import org.jspecify.annotations.NullMarked;
