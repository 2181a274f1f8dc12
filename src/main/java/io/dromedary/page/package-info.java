/** The page for operators: views that Java writes as HTML, and three static files. */
@NullMarked
package io.dromedary.page;

import org.jspecify.annotations.NullMarked;
