package io.dromedary.faults;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;

/** A body that comes a few bytes at a time, and whose reads pass by {@link Faults}. */
final class FaultyStream extends FilterInputStream {

  private static final int MOST_BYTES = 300;

  FaultyStream(byte[] bytes) {
    super(new ByteArrayInputStream(bytes));
  }

  @Override
  public int read() throws IOException {
    Faults.at("before", "InputStream.read");
    return super.read();
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    Faults.at("before", "InputStream.read");
    return super.read(bytes, offset, Math.min(length, MOST_BYTES));
  }
}
