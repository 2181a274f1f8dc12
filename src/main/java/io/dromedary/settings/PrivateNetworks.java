package io.dromedary.settings;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The addresses beyond the public internet that webhooks may be sent to: {@code
 * webhooks.allow-private}. Whoever can write a webhook's URL would otherwise reach what only this
 * machine can: its loopback address, the network that it stands in, the metadata of its cloud.
 *
 * <p>There is one such list for the process, and none for a destination: it says what the network
 * is like that the process stands in, and a destination that could add to it would be bound by
 * nothing.
 *
 * @param all whether every address is allowed
 * @param allowed the networks that are
 */
public record PrivateNetworks(boolean all, List<Network> allowed) {

  /** None: only the public internet. */
  public static final PrivateNetworks NONE = new PrivateNetworks(false, List.of());

  private static final String KEY = "allow-private";

  /** 127.0.0.1, and no other address of its network. */
  private static final Network LOOPBACK = new Network(BigInteger.valueOf(0x7f000001L), 32, 32);

  /** Those that are set. */
  static PrivateNetworks read(PropertyReader keys) {
    List<String> values = keys.list(KEY);
    if (values.equals(List.of("true"))) {
      return new PrivateNetworks(true, List.of());
    }
    if (values.equals(List.of("false"))) {
      return NONE;
    }
    for (String value : values) {
      if (Network.parse(value) == null) {
        keys.problem(KEY, value, "networks such as 127.0.0.0/8, 10.1.2.3 or fd00::/8, or true");
      }
    }
    return of(values.stream().filter(value -> Network.parse(value) != null).toList());
  }

  /** Those networks, which are written as {@code 10.0.0.0/8} or as a single address. */
  public static PrivateNetworks of(List<String> networks) {
    return new PrivateNetworks(
        false,
        networks.stream().map(text -> Objects.requireNonNull(Network.parse(text), text)).toList());
  }

  /** These, and the address on which a server of this process listens. */
  PrivateNetworks andLoopback() {
    return new PrivateNetworks(all, Stream.concat(allowed.stream(), Stream.of(LOOPBACK)).toList());
  }

  /** Whether a webhook may be sent to that address. */
  public boolean permits(InetAddress address) {
    byte[] bytes = address.getAddress();
    byte[] embedded = PublicInternet.embedded(bytes);
    return all
        || PublicInternet.has(bytes)
        || PublicInternet.isIn(allowed, bytes)
        || (embedded != null && PublicInternet.isIn(allowed, embedded));
  }

  /**
   * The address that a host of a URL is without asking anybody, where a webhook may not be sent to
   * it, or null.
   */
  @Nullable InetAddress refused(@Nullable String host) {
    InetAddress address = host == null ? null : literal(host.toLowerCase(Locale.ROOT));
    return address == null || permits(address) ? null : address;
  }

  /** Whether the host of a URL is this machine, whatever it is asked for. */
  static boolean isLoopback(String host) {
    InetAddress address = literal(host.toLowerCase(Locale.ROOT));
    return address != null && address.isLoopbackAddress();
  }

  private static @Nullable InetAddress literal(String host) {
    if (host.equals("localhost") || host.endsWith(".localhost")) {
      return InetAddress.getLoopbackAddress();
    }
    if (!host.startsWith("[") && !host.matches("[0-9.]+")) {
      return null;
    }
    try {
      // Without the zone, which is of this machine and need not be known yet.
      return InetAddress.getByName(host.replaceFirst("%.*]", "]"));
    } catch (UnknownHostException e) {
      // It will not be known later either.
      return null;
    }
  }
}
