package io.dromedary.command;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import org.jspecify.annotations.Nullable;

/** Reads the input of a command. */
final class InputFile {

  /** The longest body of a request. */
  private static final int MOST_BYTES = 1024 * 1024;

  private InputFile() {}

  /**
   * Reads a file.
   *
   * @param name its path; null or {@code -} for the standard input
   */
  static byte[] read(CommandEnvironment environment, @Nullable String name) throws FailedException {
    boolean isInput = name == null || name.equals("-");
    String shown = isInput ? "the standard input" : String.valueOf(name);
    try (InputStream in =
        isInput
            ? environment.in()
            : Files.newInputStream(environment.folder().resolve(String.valueOf(name)))) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw new FailedException(
            ExitCode.USAGE, shown + ": found more than 1 MiB, expected the body of one request");
      }
      return bytes;
    } catch (IOException | InvalidPathException e) {
      throw new FailedException(
          ExitCode.USAGE, shown + ": found no file that can be read, expected one: " + e);
    }
  }
}
