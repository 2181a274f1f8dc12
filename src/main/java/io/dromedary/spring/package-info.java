/** Integration with Spring Boot, loaded only if it is present. */
@NullMarked
package io.dromedary.spring;

import org.jspecify.annotations.NullMarked;
