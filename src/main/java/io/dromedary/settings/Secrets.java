package io.dromedary.settings;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads secrets from a key {@code ….secret}, separated by commas, or from the file that {@code
 * ….secret.file} names, one a line. Rejects blank values, unresolved placeholders and values in a
 * wrong encoding, which would otherwise silently be used as secrets.
 */
final class Secrets {

  private static final int MOST_BYTES = 64 * 1024;

  private static final String BYTE_ORDER_MARK = "\uFEFF";

  /** A placeholder that a tool should have replaced by a secret. */
  private static final Pattern PLACEHOLDER = Pattern.compile("(?s).*(\\$\\{.*}|\\{\\{.*}}).*");

  private Secrets() {}

  /** Returns whether the key or its file is set, even if there is no valid secret. */
  static boolean areSet(PropertyReader keys, String key) {
    return keys.value(key) != null || keys.value(fileKey(key)) != null;
  }

  /**
   * Reads the secrets of a key, in their order. Empty if neither the key nor its file is set, or
   * after a problem that was reported.
   */
  static List<String> read(PropertyReader keys, String key) {
    String file = keys.value(fileKey(key));
    String value = keys.value(key);
    if (file != null && value != null) {
      int further = keys.distance(fileKey(key)) - keys.distance(key);
      if (further == 0) {
        keys.problem(fileKey(key), null, "only one of this key and " + keys.full(key));
      }
      // The environment overrides a settings file, also if it uses the other of the two keys.
      file = further > 0 ? null : file;
    }
    if (keys.isSetToNothing(key) || (value != null && value.isBlank())) {
      keys.problem(key, null, "a secret (or leave the key out)");
      return List.of();
    }
    List<String> secrets = file == null ? keys.list(key) : ofFile(keys, key, file);
    for (String secret : secrets) {
      String wrong = wrong(secret);
      if (wrong != null) {
        keys.problem(file == null ? key : fileKey(key), file == null ? secret : null, wrong);
      }
    }
    return secrets;
  }

  private static String fileKey(String key) {
    return key + ".file";
  }

  private static @Nullable String wrong(String secret) {
    if (PLACEHOLDER.matcher(secret).matches()) {
      return "one in place of its ${placeholder}";
    }
    return isMisread(secret)
        ? "one whose file is read as UTF-8 (or with \\uXXXX for letters beyond ASCII)"
        : null;
  }

  /** Returns whether a secret looks like UTF-8 that was read as ISO-8859-1. */
  private static boolean isMisread(String secret) {
    if (secret.chars().allMatch(c -> c < 0x80) || secret.chars().anyMatch(c -> c > 0xff)) {
      return false;
    }
    try {
      UTF_8.newDecoder().decode(ByteBuffer.wrap(secret.getBytes(ISO_8859_1)));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private static List<String> ofFile(PropertyReader keys, String key, String file) {
    // The value may be a secret by mistake, so neither it nor an exception's text is shown.
    String expected = "a file of secrets in UTF-8, each on a line of its own";
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      List<String> secrets = text.replaceFirst("^" + BYTE_ORDER_MARK, "").lines().toList();
      if (bytes.length > MOST_BYTES) {
        keys.problem(fileKey(key), "more than 64 KiB", expected);
      } else if (secrets.isEmpty() || secrets.stream().anyMatch(String::isBlank)) {
        keys.problem(fileKey(key), "an empty file, or one with a blank line", expected);
      } else {
        return secrets;
      }
    } catch (CharacterCodingException e) {
      keys.problem(fileKey(key), "a file that is not in UTF-8", expected);
    } catch (IOException | InvalidPathException e) {
      keys.problem(fileKey(key), "a file that cannot be read", expected);
    }
    return List.of();
  }
}
