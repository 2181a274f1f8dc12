/** Delivers events in rounds of attempts: permits, requests, outcomes, retries and dead letters. */
@NullMarked
package io.dromedary.delivery;

import org.jspecify.annotations.NullMarked;
