/** Limits how much is sent to one webhook: circuit breaker, concurrency limit and rate limit. */
@NullMarked
package io.dromedary.delivery.flow;

import org.jspecify.annotations.NullMarked;
