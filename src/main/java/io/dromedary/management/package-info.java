/** The HTTP API for operators of a running process: access, masking, operations and audit log. */
@NullMarked
package io.dromedary.management;

import org.jspecify.annotations.NullMarked;
