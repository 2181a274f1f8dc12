package io.dromedary.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The addresses that webhooks may be sent to. */
class PrivateNetworksTest {

  private static InetAddress address(String text) throws Exception {
    return InetAddress.getByName(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.255",
        "2130706433", // 127.0.0.1
        "127.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::2",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::8.8.8.8",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:a9fe:a9fe::",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%0",
        "fec0::1",
        "ff02::1",
        "ffff::1",
      })
  void whatIsNotOfThePublicInternetIsRefused(String text) throws Exception {
    assertThat(PrivateNetworks.NONE.permits(address(text))).isFalse();
    assertThat(new PrivateNetworks(true, List.of()).permits(address(text))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2001:4860:4860::8888",
        "2002:808:808::1",
        "2606:4700:4700::1111",
        "2a00::1",
      })
  void whatIsOfItIsNot(String text) throws Exception {
    assertThat(PrivateNetworks.NONE.permits(address(text))).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8,10.200.0.1,true",
    "10.0.0.0/8,127.0.0.1,false",
    "10.1.2.3,10.1.2.3,true",
    "10.1.2.3,10.1.2.4,false",
    "10.1.2.3/31,10.1.2.2,true",
    "10.1.2.3/31,10.1.2.4,false",
    "0.0.0.0/0,10.1.2.4,true",
    "0.0.0.0/0,::1,false",
    "10.0.0.0/8,::ffff:10.0.0.1,true",
    "10.0.0.0/8,64:ff9b::10.0.0.1,true",
    "10.0.0.0/8,2002:a00:1::1,true",
    "127.0.0.0/8,0.0.0.0,false",
    "::1,::1,true",
    "::1,::,false",
    "::1,127.0.0.1,false",
    "fd00::/8,fd12:3456::1,true",
    "fd00::/8,fc00::1,false",
    "fe80::/10,fe80::1%0,true",
    "::/0,fd00::1,true",
  })
  void aNetworkAllowsItsOwnAddresses(String network, String text, boolean expected)
      throws Exception {
    assertThat(PrivateNetworks.of(List.of(network)).permits(address(text))).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "10.0.0",
        "10.0.0.256",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/8/8",
        "10.0.0.0/",
        "fd00::/129",
        "fd00:::1",
        "fe80::1%eth0",
        "12345::",
        "1e1.2.3.4",
        "*",
      })
  void whatIsNoNetworkIsNone(String text) {
    assertThat(Network.parse(text)).isNull();
  }

  @Test
  void theBuiltInBinIsOnLoopback() throws Exception {
    assertThat(PrivateNetworks.NONE.andLoopback().permits(address("127.0.0.1"))).isTrue();
    assertThat(PrivateNetworks.NONE.andLoopback().permits(address("127.0.0.2"))).isFalse();
  }
}
