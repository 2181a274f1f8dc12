package io.dromedary.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

/** Plain connections to a server on loopback, for clients that no HTTP client would be. */
public final class Sockets {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private Sockets() {}

  /**
   * A connection to a port, on which a read waits for 20 seconds.
   *
   * @param address of the client, one of 127.0.0.0/8
   */
  public static Socket open(int port, String address) throws IOException {
    Socket socket = new Socket();
    try {
      socket.bind(new InetSocketAddress(address, 0));
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), port), (int) PATIENCE.toMillis());
      socket.setSoTimeout((int) PATIENCE.toMillis());
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }
}
