package io.dromedary.delivery.attempt;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Signals that a host has only addresses that the webhook may not use. */
public final class RefusedAddressException extends UnknownHostException {

  private static final long serialVersionUID = 1L;

  public RefusedAddressException(String host, InetAddress address) {
    super(
        subject(host, address.getHostAddress())
            + " is not of the public internet and not in webhooks.allow-private");
  }

  private static String subject(String host, String address) {
    return host.equals(address) ? host : host + " is " + address + ", which";
  }
}
