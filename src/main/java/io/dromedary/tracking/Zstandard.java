package io.dromedary.tracking;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.util.Native;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.ZipException;

/**
 * Decompresses Zstandard if its library is on the class path. Kafka's client depends on it, so the
 * packaged application has it and a host may have it. Without it this class cannot be loaded.
 */
final class Zstandard {

  private Zstandard() {}

  /**
   * Loads the library.
   *
   * @throws LinkageError if it is missing or does not run on this machine
   */
  static boolean load() {
    Native.load();
    return Native.isLoaded();
  }

  /**
   * Decompresses a body in one call. A stream would allocate a window of a size that the sender
   * chooses.
   *
   * @param most the most bytes that the result may have
   */
  static byte[] decode(byte[] body, int most) throws IOException {
    byte[] text = new byte[most];
    long length;
    try {
      length = Zstd.decompressByteArray(text, 0, most, body, 0, body.length);
    } catch (ZstdException e) {
      throw failure(e.getErrorCode());
    }
    if (Zstd.isError(length)) {
      throw failure(Zstd.getErrorCode(length));
    }
    return Arrays.copyOf(text, (int) length);
  }

  private static IOException failure(long code) {
    return code == Zstd.errDstSizeTooSmall()
        ? new ContentEncoding.TooLongException()
        : new ZipException(Zstd.getErrorName(-code));
  }
}
