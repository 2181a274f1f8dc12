package io.dromedary.json;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Encodes JSON text. Java strings may hold unpaired surrogates, which UTF-8 cannot encode. */
public final class Utf8 {

  private Utf8() {}

  /** Encodes JSON text in UTF-8, with a JSON escape for each unpaired surrogate. */
  public static byte[] encode(String json) {
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
