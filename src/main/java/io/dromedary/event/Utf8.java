package io.dromedary.event;

import static java.nio.charset.StandardCharsets.UTF_8;

/** JSON text from Java strings, which may hold half a surrogate pair, as UTF-8 may not. */
final class Utf8 {

  private Utf8() {}

  /** Half a pair that stands alone is written as JSON writes it, not as a question mark. */
  static byte[] encode(String json) {
    if (UTF_8.newEncoder().canEncode(json)) {
      return json.getBytes(UTF_8);
    }
    StringBuilder text = new StringBuilder(json.length() + 16);
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < json.length()
          && Character.isLowSurrogate(json.charAt(i + 1))) {
        text.append(c).append(json.charAt(++i));
      } else if (Character.isSurrogate(c)) {
        text.append("\\u").append(Integer.toHexString(c));
      } else {
        text.append(c);
      }
    }
    return text.toString().getBytes(UTF_8);
  }
}
