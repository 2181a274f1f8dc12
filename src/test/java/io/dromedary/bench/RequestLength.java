package io.dromedary.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** How long a request is, by its Content-Length and nothing else of HTTP. */
final class RequestLength {

  private static final byte[] NAME = "content-length:".getBytes(ISO_8859_1);

  private RequestLength() {}

  /**
   * The length in bytes, header included, or 0 if the header has not arrived as a whole.
   *
   * @throws IllegalStateException if the header does not tell
   */
  static int of(byte[] bytes, int start, int end) {
    int body = -1;
    int line = start;
    for (int i = start; i < end; i++) {
      if (bytes[i] != '\n') {
        continue;
      }
      if (i == line + 1) {
        if (body < 0) {
          throw new IllegalStateException(
              "a request without Content-Length: "
                  + new String(bytes, start, i - start, ISO_8859_1).strip());
        }
        return i + 1 - start + body;
      }
      if (isContentLength(bytes, line, i)) {
        String value = new String(bytes, line + NAME.length, i - line - NAME.length, ISO_8859_1);
        body = Integer.parseInt(value.strip());
      }
      line = i + 1;
    }
    return 0;
  }

  private static boolean isContentLength(byte[] bytes, int line, int end) {
    if (end - line < NAME.length) {
      return false;
    }
    for (int i = 0; i < NAME.length; i++) {
      // In this name, that makes letters small and leaves the rest.
      if ((bytes[line + i] | 0x20) != NAME[i]) {
        return false;
      }
    }
    return true;
  }
}
