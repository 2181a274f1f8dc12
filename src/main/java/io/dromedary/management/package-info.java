/** Serves the path for operators: who may use it, and whether the page or an operation answers. */
@NullMarked
package io.dromedary.management;

import org.jspecify.annotations.NullMarked;
