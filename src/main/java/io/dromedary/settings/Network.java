package io.dromedary.settings;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A network: the IP addresses of one family that start with the same bits.
 *
 * @param first any of its addresses, as a number
 * @param bits the number of bits in an address of the family, 32 or 128
 * @param prefix the number of leading bits that the addresses share
 */
record Network(BigInteger first, int bits, int prefix) {

  /** An address in the form of RFC 4291 or in dotted decimals, with or without a prefix length. */
  private static final Pattern CIDR =
      Pattern.compile("((?:\\d{1,3}\\.){3}\\d{1,3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(?:/(\\d{1,3}))?");

  /** Parses a network such as {@code 10.0.0.0/8}, or an address. Returns null if it is neither. */
  static @Nullable Network parse(String text) {
    Matcher matcher = CIDR.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    byte[] address = address(matcher.group(1));
    if (address == null) {
      return null;
    }
    int bits = address.length * Byte.SIZE;
    String prefix = matcher.group(2);
    int length = prefix == null ? bits : Integer.parseInt(prefix);
    return length > bits ? null : new Network(new BigInteger(1, address), bits, length);
  }

  private static byte @Nullable [] address(String text) {
    for (String part : text.contains(":") ? new String[0] : text.split("\\.")) {
      if (Integer.parseInt(part) > 255) {
        // Java would look it up as a host name.
        return null;
      }
    }
    try {
      return InetAddress.getByName(text).getAddress();
    } catch (UnknownHostException e) {
      return null;
    }
  }

  boolean contains(byte[] address) {
    return address.length * Byte.SIZE == bits
        && new BigInteger(1, address).xor(first).shiftRight(bits - prefix).signum() == 0;
  }
}
