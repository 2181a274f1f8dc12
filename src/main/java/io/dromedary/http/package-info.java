/** Decides about HTTP requests from their heads, before their bodies are read. */
@NullMarked
package io.dromedary.http;

import org.jspecify.annotations.NullMarked;
