/** Alerts for operators about failing webhooks, late deliveries, dead letters and more. */
@NullMarked
package io.dromedary.alert;

import org.jspecify.annotations.NullMarked;
