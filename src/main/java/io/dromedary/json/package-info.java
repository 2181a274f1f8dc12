/**
 * JSON exactly as {@code JSON.stringify(JSON.parse(text))} writes it, copied in one pass from bytes
 * to bytes, with no tree in between.
 *
 * <p>The receiver of a signed webhook may hash either the bytes it got or what its own {@code
 * JSON.stringify} makes of them. Both have to give the same signature, so what goes out must be a
 * fixed point of that function.
 */
@NullMarked
package io.dromedary.json;

import org.jspecify.annotations.NullMarked;
