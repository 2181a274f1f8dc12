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
 * The networks beyond the public internet that webhooks may be in: {@code webhooks.allow-private}.
 * By default there are none, since the author of a webhook's URL could otherwise reach servers that
 * only this machine can reach: on its loopback address, in its own network, and its cloud's
 * metadata service.
 *
 * <p>The list is for the whole process. It describes the network that the process runs in. If a
 * destination could extend the list, the list would restrict nothing.
 *
 * @param all whether every address is allowed
 * @param allowed the allowed networks, if not all are
 */
public record PrivateNetworks(boolean all, List<Network> allowed) {

  /** No networks but the public internet. */
  public static final PrivateNetworks NONE = new PrivateNetworks(false, List.of());

  private static final String KEY = "allow-private";

  /** The single address 127.0.0.1. */
  private static final Network LOOPBACK = new Network(BigInteger.valueOf(0x7f000001L), 32, 32);

  /** Reads {@code webhooks.allow-private}. */
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

  /**
   * Allows the given networks.
   *
   * @param networks networks such as {@code 10.0.0.0/8}, or single addresses
   */
  public static PrivateNetworks of(List<String> networks) {
    return new PrivateNetworks(
        false,
        networks.stream().map(text -> Objects.requireNonNull(Network.parse(text), text)).toList());
  }

  /** These networks and 127.0.0.1, on which this process serves the request bin. */
  PrivateNetworks andLoopback() {
    return new PrivateNetworks(all, Stream.concat(allowed.stream(), Stream.of(LOOPBACK)).toList());
  }

  /** Returns whether requests may be sent to an address. */
  public boolean permits(InetAddress address) {
    byte[] bytes = address.getAddress();
    byte[] embedded = PublicInternet.embedded(bytes);
    return all
        || PublicInternet.has(bytes)
        || PublicInternet.isIn(allowed, bytes)
        || (embedded != null && PublicInternet.isIn(allowed, embedded));
  }

  /**
   * The address of a URL's host if the host is an address and requests to it are not permitted, or
   * null. Does not look up host names.
   */
  @Nullable InetAddress refused(@Nullable String host) {
    InetAddress address = host == null ? null : literal(host.toLowerCase(Locale.ROOT));
    return address == null || permits(address) ? null : address;
  }

  /** Returns whether the host of a URL is a loopback address or {@code localhost}. */
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
      // The zone is left out. It names an interface of this machine, which may not exist yet.
      return InetAddress.getByName(host.replaceFirst("%.*]", "]"));
    } catch (UnknownHostException e) {
      // The text is not a valid address.
      return null;
    }
  }
}
