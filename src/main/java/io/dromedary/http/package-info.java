/** Who may ask what over HTTP, told from the head of a request, before its body is read. */
@NullMarked
package io.dromedary.http;

import org.jspecify.annotations.NullMarked;
