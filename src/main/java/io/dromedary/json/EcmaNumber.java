package io.dromedary.json;

import com.fasterxml.jackson.core.io.NumberOutput;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;

/** Writes numbers as ECMAScript's {@code Number::toString} writes the nearest double. */
final class EcmaNumber {
  /**
   * Decimals with up to this many digits are so far apart, except for the very smallest, that no
   * two have the same nearest double. So each is the shortest decimal for its double.
   */
  private static final int SAFE_DIGITS = 15;

  private static final MathContext ONE_DIGIT = new MathContext(1, RoundingMode.HALF_UP);

  private EcmaNumber() {}

  /** Appends the number that begins with the next byte of the text, a minus sign or a digit. */
  static void copy(JsonText text, JsonBuffer out) throws InvalidJsonException {
    byte[] bytes = text.bytes;
    int start = text.at;
    step(text, '-', '-');
    int first = text.at;
    if (!step(text, '0', '0')) {
      digits(text);
    }
    int point = text.at;
    int last = point; // the end of the significant digits, without trailing zeros of a fraction
    if (step(text, '.', '.')) {
      digits(text);
      last = text.at;
      while (bytes[last - 1] == '0') {
        last--;
      }
      if (last == point + 1) {
        last = point;
      }
    }
    boolean exponent = step(text, 'e', 'E');
    if (exponent) {
      step(text, '+', '-');
      digits(text);
    }

    while (first < last && (bytes[first] == '0' || bytes[first] == '.')) {
      first++; // to the first significant digit
    }
    int significant = last - first - (first < point && point < last ? 1 : 0);
    boolean atLeastOneMillionth = first - point <= 6;
    if (significant == 0) {
      out.append('0'); // with any exponent and sign
    } else if (!exponent && significant <= SAFE_DIGITS && atLeastOneMillionth) {
      out.append(bytes, start, last);
    } else {
      String literal = new String(bytes, start, text.at - start, StandardCharsets.ISO_8859_1);
      append(Double.parseDouble(literal), out);
    }
  }

  /** Steps over one of two bytes, if one is there. */
  private static boolean step(JsonText text, char one, char other) {
    boolean there =
        text.at < text.end && (text.bytes[text.at] == one || text.bytes[text.at] == other);
    text.at += there ? 1 : 0;
    return there;
  }

  private static void digits(JsonText text) throws InvalidJsonException {
    int start = text.at;
    while (text.at < text.end && text.bytes[text.at] >= '0' && text.bytes[text.at] <= '9') {
      text.at++;
    }
    if (text.at == start) {
      throw text.unexpected("a digit");
    }
  }

  /** Appends a double, or {@code null} if it is not finite. */
  static void append(double value, JsonBuffer out) {
    if (value == 0 || !Double.isFinite(value)) {
      out.appendAscii(value == 0 ? "0" : "null");
      return;
    }
    BigDecimal shortest = new BigDecimal(NumberOutput.toString(value, true));
    // Java writes two digits or more: 4.9E-324. The smallest numbers have only a few bits, so one
    // digit may be enough: 5e-324.
    BigDecimal shorter = shortest.round(ONE_DIGIT);
    if (Math.abs(value) < 1e-320 && shorter.doubleValue() == value) {
      shortest = shorter;
    }
    shortest = shortest.stripTrailingZeros();
    int exponent = shortest.precision() - shortest.scale() - 1;
    if (-7 < exponent && exponent < 21) {
      out.appendAscii(shortest.toPlainString());
      return;
    }
    String digits = shortest.unscaledValue().toString();
    int one = value < 0 ? 2 : 1; // the sign and the first digit
    String fraction = digits.length() == one ? "" : "." + digits.substring(one);
    String sign = exponent < 0 ? "" : "+";
    out.appendAscii(digits.substring(0, one) + fraction + "e" + sign + exponent);
  }
}
