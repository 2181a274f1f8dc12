package io.dromedary.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;

/**
 * A webhook receiver on a loopback port that costs little beside what is measured: one thread for
 * all connections, the same answer to every request, and nothing read but the length of a request
 * and the numbers of the {@link Events} in it. What it does not understand ends its thread.
 */
final class CountingReceiver implements AutoCloseable {

  /**
   * What has arrived.
   *
   * @param distinct the events without those that have arrived before
   */
  record Counts(int requests, int events, int distinct) {}

  private record Due(Connection connection, long nanoTime) {}

  private static final int CONNECTIONS = 4096;
  private static final int BUFFER_BYTES = 64 << 10;
  private static final byte[] NOTHING = {};
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private static final byte[] ID = Events.ID.getBytes(ISO_8859_1);

  /** How far a search for the ID may go on from a byte that is not its last one, by that byte. */
  private static final byte[] SKIP = new byte[256];

  static {
    Arrays.fill(SKIP, (byte) ID.length);
    for (int i = 0; i < ID.length - 1; i++) {
      SKIP[ID[i]] = (byte) (ID.length - 1 - i);
    }
  }

  private final long delayNanos;
  private final Selector selector = Selector.open();
  private final ServerSocketChannel server = ServerSocketChannel.open();
  private final ByteBuffer ok = ByteBuffer.allocateDirect(OK.length());

  // These are the thread's own: what others see is published once for all that came together.
  private final Queue<Due> due = new ArrayDeque<>();

  /**
   * For whatever arrives: with one for each connection, thousands would be read into cold memory.
   */
  private ByteBuffer read = ByteBuffer.allocate(BUFFER_BYTES);

  /** When the event of a number has arrived first, by {@link System#nanoTime}; 0: it has not. */
  private long[] arrivalNanos = new long[1 << 16];

  private int requests;
  private int events;
  private int distinct;

  /**
   * What receivers answer, whatever the status, with the headers that web servers and frameworks
   * add.
   */
  static final String OK =
      """
      HTTP/1.1 %s\r
      Server: nginx/1.22.1\r
      Date: Wed, 25 Nov 2026 02:13:18 GMT\r
      Content-Type: application/json; charset=utf-8\r
      Content-Length: 16\r
      Connection: keep-alive\r
      ETag: W/"10-oV4hJxRVSENxc/wX8+mA4/Pe4tA"\r
      \r
      {"success":true}"""
          .formatted(System.getProperty("bench.status", "200 OK"));

  private volatile Counts counts = new Counts(0, 0, 0);
  private volatile int awaited = Integer.MAX_VALUE;

  private CountingReceiver(Duration delay, int port) throws IOException {
    delayNanos = delay.toNanos();
    ok.put(OK.getBytes(ISO_8859_1)).flip();
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECTIONS);
    server.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
  }

  /** Starts a receiver that lets every request wait so long for its answer. */
  static CountingReceiver start(Duration delay) throws IOException {
    return start(delay, 0);
  }

  /** The same on a port that is known before, when nobody has listened there. */
  static CountingReceiver start(Duration delay, int port) throws IOException {
    CountingReceiver receiver = new CountingReceiver(delay, port);
    Thread thread = new Thread(receiver::run, "counting-receiver");
    thread.setDaemon(true);
    thread.start();
    return receiver;
  }

  int port() {
    return server.socket().getLocalPort();
  }

  Counts counts() {
    return counts;
  }

  /**
   * Waits for so many distinct events.
   *
   * @throws IllegalStateException if for a minute there was none: they are lost
   */
  synchronized void await(int events) throws InterruptedException {
    awaited = events;
    int before = -1;
    long since = System.nanoTime();
    for (int now; (now = counts.distinct()) < events; ) {
      if (now != before) {
        before = now;
        since = System.nanoTime();
      } else if (System.nanoTime() - since >= PATIENCE.toNanos()) {
        throw new IllegalStateException(
            "only " + now + " of " + events + " events have arrived, none in the last minute");
      }
      wait(PATIENCE.toMillis());
    }
    awaited = Integer.MAX_VALUE;
  }

  /**
   * When an event has arrived, in microseconds of the clock of {@link System#nanoTime}, which all
   * processes of a Linux machine share. To be asked after it has been awaited.
   */
  synchronized long arrivalMicros(int number) {
    return arrivalNanos[number] / 1000;
  }

  @Override
  public void close() throws IOException {
    server.close();
    selector.close();
  }

  private void run() {
    try {
      while (selector.isOpen()) {
        selector.select(this::serve, millisToNextAnswer());
        while (!due.isEmpty() && due.element().nanoTime() - System.nanoTime() <= 0) {
          due.remove().connection().answer();
        }
        publish();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Zero, which is for ever, if none is due. */
  private long millisToNextAnswer() {
    return due.isEmpty()
        ? 0
        : Math.max(1, (due.element().nanoTime() - System.nanoTime()) / 1_000_000);
  }

  private void publish() {
    counts = new Counts(requests, events, distinct);
    if (distinct >= awaited) {
      synchronized (this) {
        notifyAll();
      }
    }
  }

  private void serve(SelectionKey key) {
    try {
      if (key.attachment() instanceof Connection connection) {
        connection.read();
      } else {
        accept();
      }
    } catch (IOException e) {
      // A process under test has ended and left its connections.
      key.cancel();
    }
  }

  private void accept() throws IOException {
    for (SocketChannel channel; (channel = server.accept()) != null; ) {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ, new Connection(channel));
    }
  }

  private final class Connection {

    private final SocketChannel channel;

    /** The beginning of a request of which more has to arrive. */
    private byte[] rest = NOTHING;

    /** That of the request which begins, or 0 as long as it is not known. */
    private int length;

    Connection(SocketChannel channel) {
      this.channel = channel;
    }

    void read() throws IOException {
      if (rest.length == read.capacity()) {
        read = ByteBuffer.allocate(2 * read.capacity());
      }
      read.clear().put(rest);
      if (channel.read(read) < 0) {
        channel.close();
        return;
      }
      int start = 0;
      while (isWhole(start)) {
        requests++;
        count(read.array(), start, start + length);
        start += length;
        length = 0;
        if (delayNanos == 0) {
          answer();
        } else {
          due.add(new Due(this, System.nanoTime() + delayNanos));
        }
      }
      int end = read.position();
      rest = start == end ? NOTHING : Arrays.copyOfRange(read.array(), start, end);
    }

    private boolean isWhole(int start) {
      if (length == 0) {
        length = RequestLength.of(read.array(), start, read.position());
      }
      return length > 0 && read.position() - start >= length;
    }

    void answer() {
      try {
        ok.rewind();
        channel.write(ok);
      } catch (IOException e) {
        // Whoever asked has ended; reading from the connection notices.
        return;
      }
      if (ok.hasRemaining()) {
        throw new IllegalStateException("answers are not read");
      }
    }
  }

  private void count(byte[] bytes, int start, int end) {
    for (int last = start + ID.length - 1; last < end; ) {
      int after = last + 1;
      if (!Arrays.equals(bytes, after - ID.length, after, ID, 0, ID.length)) {
        last += SKIP[bytes[last] & 0xff];
        continue;
      }
      int number = 0;
      while (bytes[after] != '"') {
        number = 10 * number + bytes[after++] - '0';
      }
      events++;
      if (number >= arrivalNanos.length) {
        arrivalNanos = Arrays.copyOf(arrivalNanos, Math.max(number + 1, 2 * arrivalNanos.length));
      }
      if (arrivalNanos[number] == 0) {
        arrivalNanos[number] = System.nanoTime();
        distinct++;
      }
      last = after + ID.length;
    }
  }
}
