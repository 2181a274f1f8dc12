package io.dromedary.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.delivery.http.HeadBudget;
import io.dromedary.delivery.http.HttpTarget;
import io.dromedary.settings.HttpOptions;
import io.dromedary.settings.PrivateNetworks;
import io.dromedary.settings.TlsOptions;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;

/** Makes attempts at one HTTP webhook, on the thread of the test. */
final class HttpAttempts implements AutoCloseable {

  private static final Duration LONG = Duration.ofSeconds(20);

  final CamelContext context = new DefaultCamelContext();
  final Map<String, String> options = new HashMap<>();
  PrivateNetworks networks = new PrivateNetworks(true, List.of());
  TlsOptions tls = TlsOptions.NONE;
  DnsResolver lookup = SystemDefaultDnsResolver.INSTANCE;
  private Attempts attempts;

  /** Makes an attempt; the first one determines the URL of all. */
  Outcome attempt(String url) throws Exception {
    if (attempts == null) {
      context.start();
      attempts =
          new Attempts(
              context,
              "test",
              new HttpTarget(
                  context,
                  URI.create(url),
                  new HttpTarget.Options(
                      LONG, "Segment.io/1.0", new HttpOptions(options, tls, networks)),
                  Set.of(),
                  new HeadBudget(1 << 20),
                  lookup),
              Set.of(),
              LONG,
              10,
              Runnable::run,
              Clock.systemUTC());
      attempts.start();
    }
    Exchange exchange = new DefaultExchange(context);
    exchange.getIn().setBody("{}".getBytes(UTF_8));
    CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    attempts.start(
        exchange,
        isSync -> outcome.complete(exchange.getProperty(Attempts.OUTCOME, Outcome.class)));
    return outcome.get(LONG.toSeconds(), TimeUnit.SECONDS);
  }

  /** Starts over, so that the next attempt may have another URL. */
  void again() {
    if (attempts != null) {
      attempts.stop();
      attempts = null;
    }
  }

  @Override
  public void close() {
    again();
    context.stop();
  }
}
