/**
 * Turns the settings of a destination into beans and routes, and reports and tests its webhooks.
 */
@NullMarked
package io.dromedary.destination;

import org.jspecify.annotations.NullMarked;
