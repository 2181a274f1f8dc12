package io.dromedary.tracking;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UnsupportedEncodingException;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Decompresses request bodies. Time and memory are bounded for any input. */
final class ContentEncoding {

  /** The most members of a gzip body. A sender that flushes now and then writes a few. */
  static final int MOST_MEMBERS = 100;

  // The header of a gzip member, RFC 1952.
  private static final int HEADER_BYTES = 10;
  private static final int TRAILER_BYTES = 8;
  private static final int DEFLATED = 8;
  private static final int FHCRC = 2;
  private static final int FEXTRA = 4;
  private static final int FNAME = 8;
  private static final int FCOMMENT = 16;

  private ContentEncoding() {}

  /**
   * Decompresses a body.
   *
   * @param most the most bytes that the result may have
   * @throws TooLongException if the result has more
   * @throws UnsupportedEncodingException if the encoding is not known
   * @throws IOException if the body does not have this encoding
   */
  static byte[] decode(byte[] body, @Nullable String encoding, int most) throws IOException {
    String name = encoding == null ? "" : encoding.strip().toLowerCase(Locale.ROOT);
    byte[] text =
        switch (name) {
          case "", "identity" -> body;
          case "gzip", "x-gzip" -> gunzip(body, most);
          case "deflate" -> {
            // Some senders leave out the zlib header.
            Inflater inflater = new Inflater(!isZlib(body));
            try {
              // A few bytes may expand to gigabytes, so reading stops one byte past the bound.
              yield new InflaterInputStream(new ByteArrayInputStream(body), inflater)
                  .readNBytes(most + 1);
            } finally {
              inflater.end();
            }
          }
          case "zstd" -> {
            if (!ZstdLibrary.IS_THERE) {
              throw unknown();
            }
            yield Zstandard.decode(body, most);
          }
          default -> throw unknown();
        };
    if (text.length > most) {
      throw new TooLongException();
    }
    return text;
  }

  private static UnsupportedEncodingException unknown() {
    return new UnsupportedEncodingException(
        "expected the Content-Encoding gzip, deflate"
            + (ZstdLibrary.IS_THERE ? ", zstd" : "")
            + " or identity, found another");
  }

  /** Returns whether a body begins with a zlib header (RFC 1950). No raw deflate body does. */
  private static boolean isZlib(byte[] body) {
    return body.length >= 2
        && (body[0] & 0x0f) == DEFLATED
        && (((body[0] & 0xff) << 8) | (body[1] & 0xff)) % 31 == 0;
  }

  /** Reads the members in a loop. {@code GZIPInputStream} recurses once for each of them. */
  private static byte[] gunzip(byte[] body, int most) throws IOException {
    byte[] text = new byte[Math.min(most + 1, Math.max(1024, 4 * body.length))];
    int length = 0;
    int offset = 0;
    int members = 0;
    Inflater inflater = new Inflater(true);
    try {
      // Bytes after a member that do not begin another one are padding.
      while (members == 0 || isMember(body, offset)) {
        if (members++ == MOST_MEMBERS) {
          throw new ZipException("more than " + MOST_MEMBERS + " members");
        }
        int start = length;
        offset = header(body, offset);
        inflater.reset();
        inflater.setInput(body, offset, body.length - offset);
        while (!inflater.finished()) {
          if (length > most) {
            throw new TooLongException();
          }
          if (length == text.length) {
            text = Arrays.copyOf(text, Math.min(most + 1, 2 * length));
          }
          int read = inflater.inflate(text, length, text.length - length);
          if (read == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
            throw new EOFException();
          }
          length += read;
        }
        offset = body.length - inflater.getRemaining();
        check(body, offset, text, start, length);
        offset += TRAILER_BYTES;
      }
    } catch (DataFormatException e) {
      throw new ZipException(e.getMessage());
    } finally {
      inflater.end();
    }
    return Arrays.copyOf(text, length);
  }

  private static boolean isMember(byte[] body, int offset) {
    return offset + HEADER_BYTES <= body.length
        && body[offset] == 0x1f
        && body[offset + 1] == (byte) 0x8b
        && body[offset + 2] == DEFLATED;
  }

  /** Returns the offset behind the header of a member. */
  private static int header(byte[] body, int start) throws IOException {
    if (!isMember(body, start)) {
      throw new ZipException("no gzip header");
    }
    int flags = body[start + 3];
    int offset = start + HEADER_BYTES;
    if ((flags & FEXTRA) != 0) {
      offset += 2 + unsigned(body, offset, 2);
    }
    if ((flags & FNAME) != 0) {
      offset = afterZero(body, offset);
    }
    if ((flags & FCOMMENT) != 0) {
      offset = afterZero(body, offset);
    }
    offset += (flags & FHCRC) != 0 ? 2 : 0;
    if (offset > body.length) {
      throw new EOFException();
    }
    return offset;
  }

  private static int afterZero(byte[] body, int start) throws IOException {
    for (int offset = start; offset < body.length; offset++) {
      if (body[offset] == 0) {
        return offset + 1;
      }
    }
    throw new EOFException();
  }

  private static void check(byte[] body, int trailer, byte[] text, int from, int to)
      throws IOException {
    CRC32 crc = new CRC32();
    crc.update(text, from, to - from);
    if (unsigned(body, trailer, 4) != (int) crc.getValue()
        || unsigned(body, trailer + 4, 4) != to - from) {
      throw new ZipException("another checksum or length");
    }
  }

  /** Reads a little-endian number. */
  private static int unsigned(byte[] body, int offset, int bytes) throws IOException {
    if (offset + bytes > body.length) {
      throw new EOFException();
    }
    int value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (body[offset + i] & 0xff) << (8 * i);
    }
    return value;
  }

  /** The native library, loaded when a body first needs it. */
  private static final class ZstdLibrary {

    private static final boolean IS_THERE = load();

    private static boolean load() {
      try {
        return Zstandard.load();
      } catch (LinkageError e) {
        return false;
      }
    }
  }

  /** Thrown if a body is longer than it may be. */
  static final class TooLongException extends IOException {

    private static final long serialVersionUID = 1L;
  }
}
