package io.dromedary.delivery;

import io.dromedary.settings.PrivateNetworks;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.impl.DefaultSchemePortResolver;
import org.apache.hc.core5.http.HttpHost;

/**
 * Looks up the hosts of one webhook, and leaves out the addresses that it may not be sent to. The
 * client connects to what it is told here, and to nothing else, so that a name which is another
 * address the next time is of no use to anybody, nor is another notation of an address.
 *
 * <p>A proxy is the operator's own choice, and decides itself where it connects to. Thread-safe.
 */
final class PermittedLookup implements DnsResolver {

  private final DnsResolver all;
  private final PrivateNetworks networks;
  private final Set<InetSocketAddress> proxies = ConcurrentHashMap.newKeySet();

  /**
   * A lookup.
   *
   * @param all knows every host
   * @param networks where the webhook may be beyond the public internet
   */
  PermittedLookup(DnsResolver all, PrivateNetworks networks) {
    this.all = all;
    this.networks = networks;
  }

  /** A proxy that a request goes by. */
  void addProxy(HttpHost proxy) {
    int port = DefaultSchemePortResolver.INSTANCE.resolve(proxy.getSchemeName(), proxy);
    proxies.add(InetSocketAddress.createUnresolved(proxy.getHostName(), port));
  }

  @Override
  public List<InetSocketAddress> resolve(String host, int port) throws UnknownHostException {
    return proxies.contains(InetSocketAddress.createUnresolved(host, port))
        ? all.resolve(host, port)
        : DnsResolver.super.resolve(host, port);
  }

  @Override
  public InetAddress[] resolve(String host) throws UnknownHostException {
    InetAddress[] found = all.resolve(host);
    if (found == null || found.length == 0) {
      throw new UnknownHostException(host);
    }
    InetAddress[] permitted =
        Stream.of(found).filter(networks::permits).toArray(InetAddress[]::new);
    if (permitted.length == 0) {
      throw new RefusedAddressException(host, found[0]);
    }
    return permitted;
  }

  @Override
  public String resolveCanonicalHostname(String host) throws UnknownHostException {
    return all.resolveCanonicalHostname(host);
  }
}
