/** The operations that operators may ask for, with masking and the audit log. */
@NullMarked
package io.dromedary.operations;

import org.jspecify.annotations.NullMarked;
