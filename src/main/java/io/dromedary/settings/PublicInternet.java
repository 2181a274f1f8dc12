package io.dromedary.settings;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Tells which addresses belong to the public internet, by IANA's registries of special-purpose
 * addresses (RFC 6890). These are all IPv4 addresses, and the allocated global unicast addresses of
 * IPv6, except for those with a special purpose.
 */
final class PublicInternet {

  private static final List<Network> SPECIAL_IPV4 =
      networks(
          "0.0.0.0/8", // This host. Linux connects to itself at 0.0.0.0.
          "10.0.0.0/8",
          "100.64.0.0/10", // Behind a provider's NAT.
          "127.0.0.0/8",
          "168.63.129.16/32", // Metadata of Azure.
          "169.254.0.0/16", // Link-local, and metadata of most clouds.
          "172.16.0.0/12",
          "192.0.0.0/24",
          "192.0.2.0/24",
          "192.88.99.0/24",
          "192.168.0.0/16",
          "198.18.0.0/15",
          "198.51.100.0/24",
          "203.0.113.0/24",
          "224.0.0.0/4", // Multicast.
          "240.0.0.0/4"); // Reserved, and broadcast.

  private static final List<Network> GLOBAL_IPV6 = networks("2000::/3");

  private static final List<Network> SPECIAL_IPV6 =
      networks("2001::/23", "2001:db8::/32", "3fff::/20");

  /** IPv6 networks whose addresses embed an IPv4 address, with the index of its first byte. */
  private static final Map<Network, Integer> EMBEDDING =
      Map.of(
          network("64:ff9b::/96"), 12, // NAT64.
          network("2002::/16"), 2); // 6to4.

  private PublicInternet() {}

  private static Network network(String text) {
    return Objects.requireNonNull(Network.parse(text), text);
  }

  private static List<Network> networks(String... texts) {
    return Stream.of(texts).map(PublicInternet::network).toList();
  }

  /** Returns whether an address of 4 or 16 bytes belongs to the public internet. */
  static boolean has(byte[] address) {
    byte[] embedded = embedded(address);
    if (embedded != null) {
      return has(embedded);
    }
    return address.length == 4
        ? !isIn(SPECIAL_IPV4, address)
        : isIn(GLOBAL_IPV6, address) && !isIn(SPECIAL_IPV6, address);
  }

  /**
   * The IPv4 address that is embedded in an IPv6 address, or null. Java itself converts IPv4-mapped
   * addresses.
   */
  static byte @Nullable [] embedded(byte[] address) {
    for (Map.Entry<Network, Integer> form : EMBEDDING.entrySet()) {
      if (form.getKey().contains(address)) {
        return Arrays.copyOfRange(address, form.getValue(), form.getValue() + 4);
      }
    }
    return null;
  }

  static boolean isIn(List<Network> networks, byte[] address) {
    return networks.stream().anyMatch(network -> network.contains(address));
  }
}
