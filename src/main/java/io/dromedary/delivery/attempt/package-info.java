/** One attempt at a webhook: its deadline, its threads, its target and its outcome. */
@NullMarked
package io.dromedary.delivery.attempt;

import org.jspecify.annotations.NullMarked;
