package io.dromedary.tracking;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/** How a sender encodes a body. */
enum Encoding {
  PLAIN {
    @Override
    OutputStream into(OutputStream out) {
      return out;
    }
  },
  GZIP {
    @Override
    OutputStream into(OutputStream out) throws IOException {
      return new GZIPOutputStream(out);
    }
  },
  DEFLATE {
    @Override
    OutputStream into(OutputStream out) {
      return new DeflaterOutputStream(out);
    }
  },
  RAW_DEFLATE {
    @Override
    OutputStream into(OutputStream out) {
      return new DeflaterOutputStream(out, new Deflater(Deflater.DEFAULT_COMPRESSION, true));
    }
  },
  ZSTD {
    @Override
    OutputStream into(OutputStream out) throws IOException {
      return new ZstdOutputStream(out);
    }
  };

  /** The header {@code Content-Encoding}. */
  String header() {
    return switch (this) {
      case PLAIN -> "identity";
      case RAW_DEFLATE -> "deflate";
      default -> name();
    };
  }

  abstract OutputStream into(OutputStream out) throws IOException;

  byte[] of(String body) {
    return of(body.getBytes(UTF_8));
  }

  byte[] of(byte[] body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = into(bytes)) {
      out.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
