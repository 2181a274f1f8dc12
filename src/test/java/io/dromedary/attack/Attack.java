package io.dromedary.attack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.Base64;
import java.util.zip.GZIPOutputStream;

/** What strangers, and overloaded senders, do to a server. */
enum Attack {
  /** A gzip of a few hundred bytes that becomes 170,000 empty events. */
  EMPTY_EVENTS(40) {
    private final String body = gzip("{\"batch\":[" + "{},".repeat(170_000) + "{}]}");

    @Override
    void once(Socket socket, boolean hasKey) throws IOException {
      post(socket, body, hasKey);
    }
  },
  /** A gzip of a batch whose context is merged into each of its events. */
  CONTEXT_OF_A_BATCH(20) {
    private final String body =
        gzip(
            "{\"context\":{\"a\":\""
                + "x".repeat(20_000)
                + "\"},\"batch\":["
                + "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\"},".repeat(2_000)
                + "{}]}");

    @Override
    void once(Socket socket, boolean hasKey) throws IOException {
      post(socket, body, hasKey);
    }
  },
  /** HTTP/2 as if it were known to be spoken, with streams that announce bodies. */
  HTTP2_STREAMS(20) {
    @Override
    void once(Socket socket, boolean hasKey) throws IOException {
      OutputStream out = socket.getOutputStream();
      out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1));
      out.write(frame(4, 0, 0, new byte[0]));
      for (int stream = 1; stream < 200; stream += 2) {
        // POST, http, / and content-length: 60000, by HPACK's static table.
        byte[] head = {
          (byte) 0x83, (byte) 0x86, (byte) 0x84, 0x0f, 0x0d, 5, '6', '0', '0', '0', '0'
        };
        out.write(frame(1, 4, stream, head));
      }
      readUntilClosed(socket);
    }
  },
  /** Bodies that are announced, and come a byte at a time. */
  ENDLESS_BODIES(400) {
    @Override
    void once(Socket socket, boolean hasKey) throws IOException {
      OutputStream out = socket.getOutputStream();
      out.write(head("Content-Length: 500000", hasKey));
      drip(out);
    }
  },
  /** Bodies without a length, in chunks of a byte. */
  ENDLESS_CHUNKS(200) {
    @Override
    void once(Socket socket, boolean hasKey) throws IOException {
      OutputStream out = socket.getOutputStream();
      out.write(head("Transfer-Encoding: chunked", hasKey));
      while (true) {
        out.write("1\r\n{\r\n".getBytes(ISO_8859_1));
        pause(PAUSE_MILLIS);
      }
    }
  },
  /** Heads that never end. */
  ENDLESS_HEADS(400) {
    @Override
    void once(Socket socket, boolean hasKey) throws IOException {
      OutputStream out = socket.getOutputStream();
      out.write("GET /v1/track HTTP/1.1\r\nX: ".getBytes(ISO_8859_1));
      drip(out);
    }
  },
  /** Connections on which nothing is said. */
  IDLE(1_500) {
    @Override
    void once(Socket socket, boolean hasKey) throws IOException {
      readUntilClosed(socket);
    }
  },
  /** Requests one after the other, whose answers nobody reads. */
  UNREAD_ANSWERS(20) {
    @Override
    void once(Socket socket, boolean hasKey) throws IOException {
      byte[] request = "GET /v1/track HTTP/1.1\r\nHost: a\r\n\r\n".repeat(50).getBytes(ISO_8859_1);
      while (true) {
        socket.getOutputStream().write(request);
      }
    }
  },
  /** One wrong key after the other. */
  WRONG_KEYS(8) {
    private final String body = gzip("{\"context\":{\"a\":\"" + "x".repeat(400_000) + "\"}}");

    @Override
    void once(Socket socket, boolean hasKey) throws IOException {
      post(socket, body, false);
    }
  },
  /** Batches as SDKs fill them, from more senders than can be served. */
  OVERLOAD(200) {
    private final String body =
        ("{\"batch\":[" + (longEvent() + ",").repeat(499) + longEvent() + "]}");

    @Override
    void once(Socket socket, boolean hasKey) throws IOException {
      if (!post(socket, body, true).contains(" 200 ")) {
        // SDKs wait longer than that.
        pause(1_000);
      }
    }
  };

  private static final String KEY = "Authorization: Basic " + base64("key:") + "\r\n";
  private static final long PAUSE_MILLIS = 200;

  /** From so many connections at a time. */
  final int connections;

  Attack(int connections) {
    this.connections = connections;
  }

  /** Does it once, on a connection that is closed after it. */
  abstract void once(Socket socket, boolean hasKey) throws IOException;

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
  }

  private static byte[] head(String length, boolean hasKey) {
    return ("POST /v1/batch HTTP/1.1\r\nHost: a\r\n" + (hasKey ? KEY : "") + length + "\r\n\r\n")
        .getBytes(ISO_8859_1);
  }

  /** Returns the first line of the answer, or what has come of it. */
  private static String post(Socket socket, String body, boolean hasKey) throws IOException {
    String encoding = body.charAt(0) == 0x1f ? "Content-Encoding: gzip\r\n" : "";
    OutputStream out = socket.getOutputStream();
    out.write(head(encoding + "Content-Length: " + body.length(), hasKey));
    out.write(body.getBytes(ISO_8859_1));
    return new String(socket.getInputStream().readNBytes(16), ISO_8859_1);
  }

  private static void drip(OutputStream out) throws IOException {
    while (true) {
      out.write('{');
      pause(PAUSE_MILLIS);
    }
  }

  private static void readUntilClosed(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    while (in.read() >= 0) {}
  }

  private static void pause(long millis) throws IOException {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private static String longEvent() {
    return "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\",\"properties\":{\"a\":\""
        + "x".repeat(800)
        + "\"}}";
  }

  private static byte[] frame(int type, int flags, int stream, byte[] payload) {
    byte[] frame = new byte[9 + payload.length];
    frame[2] = (byte) payload.length;
    frame[3] = (byte) type;
    frame[4] = (byte) flags;
    frame[7] = (byte) (stream >> 8);
    frame[8] = (byte) stream;
    System.arraycopy(payload, 0, frame, 9, payload.length);
    return frame;
  }

  /** Its bytes, as letters of Latin-1. */
  private static String gzip(String text) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(text.getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toString(ISO_8859_1);
  }
}
