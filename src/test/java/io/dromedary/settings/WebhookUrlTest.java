package io.dromedary.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** URLs as operators write them, and as requests use them. */
class WebhookUrlTest {

  private static final String KEY = "webhooks.headers.Authorization";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // A valid URL does not change, since pending events refer to it.
        "https://hooks.example.com/A%20b/%c3%a9?Key=a%2Cb,c&x=%7B%7D | ",
        "http://10.1.2.3:8080 | ",
        "http://[::1]:8080/x | ",
        "http://a.example? | ",
        "http://a.example/it's/(a)/~b/@c:d;e=f!*$ | ",
        // Names of services in Compose and Swarm.
        "http://my_receiver:8080/hook | ",
        "http://shop_web.1.internal/hook | ",
        // Absolute names, as in Kubernetes.
        "http://receiver.shop.svc.cluster.local./hook | ",
        "HTTP://a.example/Hook | http://a.example/Hook",
        "HttpS://A.example/Hook | https://A.example/Hook",
        "https://a.example:/hook | https://a.example/hook",
        // As browsers send them.
        "https://bücher.example/hook | https://xn--bcher-kva.example/hook",
        "https://Bücher.example./hook | https://xn--bcher-kva.example./hook",
        "https://例え.テスト:8443/ | https://xn--r8jz45g.xn--zckzah:8443/",
        "https://例え。テスト/ | https://xn--r8jz45g.xn--zckzah/",
        "https://a.example/caf\u00e9/\u65e5\u672c | https://a.example/caf%C3%A9/%E6%97%A5%E6%9C%AC",
        "https://a.example/e\u0301 | https://a.example/e%CC%81",
        "https://a.example/?q=\u00fc\ud83d\udc2a | https://a.example/?q=%C3%BC%F0%9F%90%AA",
      })
  void isTaken(String written, String sentTo) throws Exception {
    assertThat(WebhookUrl.of(written, KEY)).isEqualTo(sentTo == null ? written : sentTo);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "https:///hook | a URL with a host and without user name and fragment (put credentials in"
            + " webhooks.headers.Authorization)",
        "https://user@a.example | a URL with a host and without user name and fragment (put"
            + " credentials in webhooks.headers.Authorization)",
        "https://a.example/#x | a URL with a host and without user name and fragment (put credentials"
            + " in webhooks.headers.Authorization)",
        "https://a.example:port/ | a URL with a host and without user name and fragment (put"
            + " credentials in webhooks.headers.Authorization)",
        "https://[::1/x | a URL with a host and without user name and fragment (put credentials in"
            + " webhooks.headers.Authorization)",
        "https://[nonsense]/x | a URL without blanks and unescaped characters",
        "https://a.example/x y | a URL without blanks and unescaped characters",
        "https://a.example/{x} | a URL without blanks and unescaped characters",
        "https://a.example/%zz | a URL without blanks and unescaped characters",
        "https://a.example:0/ | a port from 1 to 65535",
        "https://a.example:65536/ | a port from 1 to 65535",
        "https://a b.example/ | a host of letters, digits, hyphens and underscores",
        "https://a..example/ | a host of letters, digits, hyphens and underscores",
        "https://./ | a host of letters, digits, hyphens and underscores",
        "https://-a.example/ | a host of letters, digits, hyphens and underscores",
        "https://a%2e.example/ | a host of letters, digits, hyphens and underscores",
        // Two standards map it to two different domains.
        "https://fa\u00df.example/ | the ASCII form of its host (xn--…), since this one has two",
        "https://\u1e9ea.example/ | a host of letters that names may have, or its ASCII form (xn--…)",
      })
  void isRefusedWithWhatIsExpected(String written, String expected) {
    assertThatThrownBy(() -> WebhookUrl.of(written, KEY)).hasMessage(expected);
  }

  @Test
  void aNameHasABound() {
    String label = "a".repeat(63);

    assertThatThrownBy(() -> WebhookUrl.of("http://" + label + "a/", KEY))
        .hasMessage("a host of letters, digits, hyphens and underscores");
    assertThatThrownBy(() -> WebhookUrl.of("http://" + (label + ".").repeat(4) + "a/", KEY))
        .hasMessage("a host of at most 253 characters");
  }

  @ParameterizedTest
  @CsvSource({
    "http://a.example/x, true",
    "http://10.0.0.1/x, true",
    "http://my_receiver:8080, true",
    "http://[fd00::1]/x, true",
    "https://a.example/x, false",
    "http://127.0.0.1:8080/x, false",
    "http://127.1.2.3/x, false",
    "http://localhost:1/x, false",
    "http://hooks.localhost/x, false",
    "http://[::1]:8080/x, false",
    "kafka:events, false"
  })
  void whatCanBeReadOnItsWayIsKnown(String url, boolean isPlain) {
    assertThat(WebhookUrl.isPlainBeyondLoopback(url)).isEqualTo(isPlain);
  }
}
