package io.dromedary.delivery;

import static io.dromedary.delivery.attempt.Outcome.Kind.ACCEPTED;
import static io.dromedary.delivery.attempt.Outcome.Kind.PERMANENT;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.delivery.flow.Signal;
import io.dromedary.settings.PrivateNetworks;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Receiver;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that nothing is sent to private addresses, whatever a name resolves to. */
class RefusedAddressTest {

  private final Receiver receiver = Receiver.start();
  private final HttpAttempts attempts = new HttpAttempts();

  /** The addresses of the webhook's name, one list per connect. */
  private final Deque<List<String>> answers = new ArrayDeque<>();

  @BeforeEach
  void lookUp() {
    attempts.networks = PrivateNetworks.NONE;
    attempts.lookup =
        new SystemDefaultDnsResolver() {
          @Override
          public InetAddress[] resolve(String host) throws UnknownHostException {
            List<String> addresses = answers.size() > 1 ? answers.remove() : answers.element();
            InetAddress[] found = new InetAddress[addresses.size()];
            for (int i = 0; i < found.length; i++) {
              found[i] = InetAddress.getByName(addresses.get(i));
            }
            return found;
          }
        };
  }

  @AfterEach
  void close() {
    attempts.close();
    receiver.close();
  }

  private void is(String... addresses) {
    answers.add(List.of(addresses));
  }

  private Outcome attempt() throws Exception {
    return attempts.attempt("http://hook.example:" + receiver.port() + "/hook");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.1",
        "2130706433",
        "::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "0.0.0.0",
        "::",
        "10.0.0.7",
        "169.254.169.254",
        "fd00:ec2::254",
        "64:ff9b::7f00:1",
      })
  void aNameThatIsSuchAnAddressIsRefusedForGood(String address) throws Exception {
    is(address);

    Outcome outcome = attempt();

    assertThat(outcome.kind()).isEqualTo(PERMANENT);
    assertThat(outcome.signal()).isEqualTo(Signal.Kind.UNTRUSTED);
    assertThat(outcome.reason())
        .isEqualTo(
            "not sent: hook.example is %s, which is not of the public internet and not in"
                    .formatted(InetAddress.getByName(address).getHostAddress())
                + " webhooks.allow-private");
    assertThat(receiver.connections()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://127.0.0.1:%d/hook", "http://[::1]:%d/hook"})
  void soIsAnAddressThatTheUrlNames(String url) throws Exception {
    attempts.lookup = SystemDefaultDnsResolver.INSTANCE;

    Outcome outcome = attempts.attempt(url.formatted(receiver.port()));

    assertThat(outcome.reason())
        .startsWith("not sent: ")
        .endsWith(" is not of the public internet and not in webhooks.allow-private");
    assertThat(receiver.connections()).isZero();
  }

  @Test
  void aNameThatBecomesAnotherAddressIsRefusedFromThenOn() throws Exception {
    attempts.networks = PrivateNetworks.of(List.of("127.0.0.1"));
    is("127.0.0.1");
    is("127.0.0.2");
    receiver.answer(Answer.closeAfter(Answer.status(200).header("Connection", "close")));

    assertThat(attempt().kind()).isEqualTo(ACCEPTED);
    assertThat(attempt().reason()).startsWith("not sent: hook.example is 127.0.0.2, ");

    assertThat(receiver.count()).isEqualTo(1);
  }

  /** A client that is refused one address tries the next one. */
  @Test
  void ofSeveralAddressesOnlyThoseThatAreAllowedAreTried() throws Exception {
    attempts.networks = PrivateNetworks.of(List.of("127.0.0.1"));
    is("127.0.0.2", "::1", "127.0.0.1", "10.0.0.1");

    assertThat(attempt().kind()).isEqualTo(ACCEPTED);

    assertThat(receiver.count()).isEqualTo(1);
  }

  @Test
  void aNameThatIsNothingIsUnknown() throws Exception {
    is();

    assertThat(attempt().reason()).isEqualTo("unknown host");
  }

  @Test
  void whatIsAllowedIsSentTo() throws Exception {
    attempts.networks = PrivateNetworks.of(List.of("127.0.0.0/8"));
    is("127.0.0.1");

    assertThat(Stream.of(attempt(), attempt())).allMatch(each -> each.kind() == ACCEPTED);
  }
}
