/** What Spring Boot needs to be told; loaded only where there is Spring Boot. */
@NullMarked
package io.dromedary.spring;

import org.jspecify.annotations.NullMarked;
