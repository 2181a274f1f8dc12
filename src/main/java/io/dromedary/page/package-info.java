/** The page for operators: HTML that Java writes, and three files. */
@NullMarked
package io.dromedary.page;

import org.jspecify.annotations.NullMarked;
