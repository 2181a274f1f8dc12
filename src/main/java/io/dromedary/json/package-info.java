/**
 * Rewrites JSON exactly as {@code JSON.stringify(JSON.parse(text))} does, in one pass from bytes to
 * bytes, without building a tree.
 *
 * <p>The receiver of a signed webhook may hash either the bytes that it received, or the output of
 * its own {@code JSON.stringify} for them. Both must have the same signature, so the bytes that are
 * sent must be a fixed point of that function.
 */
@NullMarked
package io.dromedary.json;

import org.jspecify.annotations.NullMarked;
