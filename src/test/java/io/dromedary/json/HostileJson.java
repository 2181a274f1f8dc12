package io.dromedary.json;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Generates JSON texts that are hard to write as JavaScript writes them. */
final class HostileJson {
  private static final String[] SPACES = {"", "", "", "", " ", "\n", "\t\r\n "};

  /** Names that are equal but written differently, and names that are array indices or almost. */
  private static final String[] NAMES = {
    "",
    "a",
    "\\u0061",
    "b",
    "__proto__",
    "\\u005f_proto__",
    "constructor",
    "toJSON",
    "0",
    "1",
    "\\u0031",
    "00",
    "01",
    "-1",
    "1.5",
    "1e3",
    "2147483647",
    "2147483648",
    "4294967294",
    "4294967295",
    "4294967296",
    "42949672940",
    "\\ud800",
    "\\uD800",
    "é",
    "\\u00e9",
    "\\/",
    "/"
  };

  private static final String[] SHORT_ESCAPES = {
    "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"
  };

  private static final String[] RAW = {
    " ", "!", "/", "<", "'", "\u007f", "\u2028", "\u2029", "\ufeff", "\uffff"
  };

  private final Random random;

  HostileJson(Random random) {
    this.random = random;
  }

  String document() {
    return spaced(value(4));
  }

  private String value(int depth) {
    return switch (random.nextInt(depth == 0 ? 5 : 9)) {
      case 0, 1 -> number();
      case 2, 3 -> string();
      case 4 -> pick("true", "false", "null", "{}", "[]");
      case 5, 6 -> "[" + some(4, ",", () -> spaced(value(depth - 1))) + "]";
      default -> "{" + some(8, ",", () -> spaced(name()) + ":" + spaced(value(depth - 1))) + "}";
    };
  }

  private String name() {
    return switch (random.nextInt(8)) {
      case 0 -> string();
      case 1, 2 -> "\"" + random.nextInt(30) + '"';
      default -> '"' + pick(NAMES) + '"';
    };
  }

  String string() {
    return '"' + some(6, "", this::characters) + '"';
  }

  private String characters() {
    return switch (random.nextInt(8)) {
      case 0 -> pick(SHORT_ESCAPES);
      case 1 -> pick(RAW);
      case 2 -> String.format("\\u%04x", random.nextInt(0x80));
      case 3 -> String.format("\\u%04x", random.nextInt(0x10000));
      case 4 -> String.format("\\u%04X", 0xd800 + random.nextInt(0x800));
      case 5 -> Character.toString(0x80 + random.nextInt(0xd800 - 0x80));
      case 6 -> Character.toString(0x10000 + random.nextInt(0x100000));
      default -> some(9, "", this::plain);
    };
  }

  /** Returns an ASCII character above the quote, but not the backslash. */
  private String plain() {
    int c = '#' + random.nextInt('~' - '#');
    return Character.toString(c < '\\' ? c : c + 1);
  }

  String number() {
    return switch (random.nextInt(7)) {
      case 0 -> spelled(Double.longBitsToDouble(random.nextLong()));
      case 1 -> spelled(Double.longBitsToDouble(random.nextInt(3_000)));
      case 2 -> spelled(-Math.scalb(1.0, random.nextInt(2_098) - 1_074));
      case 3 -> spelled(nearPowerOfTen());
      case 4 -> spelled(random.nextInt(100_000) / 100.0);
      default -> literal();
    };
  }

  private double nearPowerOfTen() {
    double power = Double.parseDouble("1e" + (random.nextInt(632) - 323));
    return power + (random.nextInt(7) - 3) * Math.ulp(power);
  }

  /** Writes a double as Java does, exactly, or rounded. */
  private String spelled(double value) {
    if (!Double.isFinite(value)) {
      return "-1e999";
    }
    int digits = random.nextInt(20);
    return switch (digits) {
      case 0 -> Double.toString(value);
      case 1 -> new BigDecimal(value).toString();
      default -> new BigDecimal(value).round(new MathContext(digits)).toString();
    };
  }

  private String literal() {
    String whole = pick("", "-") + (random.nextBoolean() ? "0" : "1" + digits(30));
    String fraction = pick("", ".0", ".000000", "." + random.nextInt(10) + digits(30));
    String zeros = fraction.isEmpty() ? "" : pick("", "", "00", "0000000");
    String exponent = pick("", "", "e", "E", "e+", "e-", "E-0");
    return whole + fraction + zeros + exponent + (exponent.isEmpty() ? "" : random.nextInt(346));
  }

  private String digits(int most) {
    return some(most, "", () -> Integer.toString(random.nextInt(10)));
  }

  private String some(int most, String between, Supplier<String> part) {
    return Stream.generate(part)
        .limit(random.nextInt(most + 1))
        .collect(Collectors.joining(between));
  }

  private String spaced(String token) {
    return pick(SPACES) + token + pick(SPACES);
  }

  private String pick(String... choices) {
    return choices[random.nextInt(choices.length)];
  }
}
