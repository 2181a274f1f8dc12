package io.dromedary.delivery.http;

import io.dromedary.delivery.attempt.RefusedAddressException;
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
 * Resolves the hosts of one webhook and leaves out the addresses that it may not use. The client
 * connects only to the addresses returned here, so neither a name that resolves to another address
 * the next time (DNS rebinding) nor another notation of an address gets round the check.
 *
 * <p>Proxies are exempt: the operator has chosen them, and they decide themselves where they
 * connect to. Thread-safe.
 */
public final class PermittedLookup implements DnsResolver {

  private final DnsResolver all;
  private final PrivateNetworks networks;
  private final Set<InetSocketAddress> proxies = ConcurrentHashMap.newKeySet();

  /**
   * Creates a lookup.
   *
   * @param all resolves any host
   * @param networks the addresses that are allowed, beside the public internet
   */
  public PermittedLookup(DnsResolver all, PrivateNetworks networks) {
    this.all = all;
    this.networks = networks;
  }

  /** Exempts a proxy that a request goes through. */
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
