package io.dromedary.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * The receiver's end of one connection. Whoever closes the socket, the client or the receiver, ends
 * every wait on it: a wait is a read with a time-out.
 */
final class Connection {

  /** Also the longest header line, and the most a client may send while an answer is awaited. */
  private static final int BUFFER_BYTES = 32 * 1024;

  private final Socket socket;
  private final int serial;
  private final InputStream in;
  private final OutputStream out;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;

  Connection(Socket socket, @Nullable SSLContext tls, int serial) throws IOException {
    this.socket = socket;
    this.serial = serial;
    Socket talk = socket;
    // TLS lies over the plain socket, which alone can be reset, and closed while a write blocks.
    if (tls != null) {
      SSLSocket secure = (SSLSocket) tls.getSocketFactory().createSocket(socket, null, true);
      secure.setUseClientMode(false);
      talk = secure;
    }
    in = talk.getInputStream();
    out = talk.getOutputStream();
  }

  /** Waits for the first byte of a request; false if the connection ends instead. */
  boolean awaitRequest() throws IOException {
    return position < limit || fill();
  }

  Request read() throws IOException {
    Instant at = Instant.now();
    long nanos = System.nanoTime();
    String[] start = line().split(" ", 3);
    List<Request.Header> headers = new ArrayList<>();
    int length = 0;
    boolean chunked = false;
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      String name = line.substring(0, colon);
      String value = line.substring(colon + 1).strip();
      headers.add(new Request.Header(name, value));
      if (name.equalsIgnoreCase("Content-Length")) {
        length = Integer.parseInt(value);
      } else if (name.equalsIgnoreCase("Transfer-Encoding")) {
        chunked = value.equalsIgnoreCase("chunked");
      } else if (name.equalsIgnoreCase("Expect")) {
        write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(ISO_8859_1));
      }
    }
    byte[] body = chunked ? chunks() : exactly(length);
    return new Request(start[0], start[1], headers, body, at, nanos, serial);
  }

  /** Waits that long, or until the connection ends, and returns whether it has. */
  boolean endsWithin(Duration time) throws IOException {
    long end = System.nanoTime() + time.toNanos();
    try {
      for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
        // A time-out of 0 would wait for ever.
        socket.setSoTimeout((int) Math.max(1, left / 1_000_000));
        try {
          if (!fill()) {
            return true;
          }
        } catch (SocketTimeoutException e) {
          // Not yet: the loop looks at the time.
        }
      }
      return false;
    } finally {
      socket.setSoTimeout(0);
    }
  }

  void write(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  private byte[] chunks() throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      int size = Integer.parseInt(line().split(";", 2)[0].strip(), 16);
      if (size == 0) {
        break;
      }
      body.writeBytes(exactly(size));
      line();
    }
    while (!line().isEmpty()) {} // Trailers are dropped.
    return body.toByteArray();
  }

  private byte[] exactly(int length) throws IOException {
    byte[] bytes = new byte[length];
    int buffered = Math.min(length, limit - position);
    System.arraycopy(buffer, position, bytes, 0, buffered);
    position += buffered;
    if (in.readNBytes(bytes, buffered, length - buffered) < length - buffered) {
      throw new EOFException();
    }
    return bytes;
  }

  private String line() throws IOException {
    for (int length = 0; ; length++) {
      if (position + length == limit && !fill()) {
        throw new EOFException();
      }
      if (buffer[position + length] == '\n') {
        int text = length > 0 && buffer[position + length - 1] == '\r' ? length - 1 : length;
        String line = new String(buffer, position, text, ISO_8859_1);
        position += length + 1;
        return line;
      }
    }
  }

  /** Adds what comes next to the buffer; false at the end of the stream. */
  private boolean fill() throws IOException {
    if (position > 0) {
      System.arraycopy(buffer, position, buffer, 0, limit - position);
      limit -= position;
      position = 0;
    }
    if (limit == buffer.length) {
      throw new IOException("more than " + BUFFER_BYTES + " bytes without an end");
    }
    int read = in.read(buffer, limit, buffer.length - limit);
    limit += Math.max(read, 0);
    return read >= 0;
  }
}
