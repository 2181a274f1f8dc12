package io.dromedary.event;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.util.Native;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.ZipException;

/**
 * Unpacks Zstandard, where its library is: Kafka's client brings it, so the packaged application
 * has it and a host may. This class cannot even be asked where it is not.
 */
final class Zstandard {

  private Zstandard() {}

  /**
   * Loads the library.
   *
   * @throws LinkageError if it is not there, or does not run on this machine
   */
  static boolean load() {
    Native.load();
    return Native.isLoaded();
  }

  /**
   * Unpacks a body at once: a stream would have memory set aside for a window that the sender
   * chooses.
   *
   * @param most the most bytes that there may be afterwards
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
