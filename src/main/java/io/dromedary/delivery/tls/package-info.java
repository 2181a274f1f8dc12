/** How TLS is spoken to webhooks, and what is said of it when it fails. */
@NullMarked
package io.dromedary.delivery.tls;

import org.jspecify.annotations.NullMarked;
