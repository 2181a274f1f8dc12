package io.dromedary.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Certificates;
import io.dromedary.testing.Receiver;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.builder.TemplatedRouteBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the effect of slow attempts on other deliveries and destinations. */
class AttemptDeliveryTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);
  private static final Pattern MESSAGE_ID = Pattern.compile("\"messageId\":\"([^\"]+)\"");

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final Receiver other = Receiver.start();
  private final Map<String, String> settings = new HashMap<>();
  private final Map<String, Object> beans = new HashMap<>();
  private final CountDownLatch letGo = new CountDownLatch(1);
  private Application application;

  @BeforeEach
  void settings() {
    settings.put("webhooks.inbound", "direct:in");
    settings.put("webhooks.urls", receiver.url());
    settings.put("webhooks.timeout", "300ms");
    settings.put("webhooks.retry.initial-delay", "20ms");
    settings.put("webhooks.retry.max-delay", "50ms");
  }

  @AfterEach
  void close() {
    letGo.countDown();
    application.close();
    receiver.close();
    other.close();
  }

  private CamelContext start() {
    application = Application.start(folder, settings, beans);
    return application.context();
  }

  private void send(int from, int to) {
    for (int i = from; i < to; i++) {
      application
          .context()
          .createFluentProducerTemplate()
          .to("direct:in")
          .withBody(
              "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"m" + i + "\"}")
          .send();
    }
  }

  @Test
  void aCamelEndpointWhoseSendsDoNotComeBackGoesOnToGetEvents() {
    Set<String> accepted = ConcurrentHashMap.newKeySet();
    AtomicInteger hanging = new AtomicInteger();
    Processor webhook =
        exchange -> {
          if (hanging.incrementAndGet() <= 10) {
            letGo.await();
          }
          accepted.add(messageId(exchange));
        };
    beans.put("webhook", webhook);
    settings.put("webhooks.urls", "bean:webhook");
    start();
    send(0, 50);
    await().atMost(AT_MOST).until(() -> accepted.size() == 50);
  }

  private static String messageId(Exchange exchange) {
    Matcher matcher =
        MESSAGE_ID.matcher(
            new String(exchange.getIn().getBody(byte[].class), StandardCharsets.UTF_8));
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }

  @Test
  void aRouteThatIsTakenAwayAndComesBackGoesOn() throws Exception {
    CamelContext context = start();
    send(0, 1);
    receiver.awaitCount(1, AT_MOST);
    String id = "dromedary-send-round-default";
    context.getRouteController().stopRoute(id);
    assertThat(context.removeRoute(id)).isTrue();
    TemplatedRouteBuilder.builder(context, "dromedary-send-round")
        .routeId(id)
        .parameter("destination", "default")
        .add();
    send(1, 2);
    receiver.awaitCount(2, AT_MOST);
  }

  @Test
  void aReceiverOfLongHeadsDoesNotHoldUpAnotherDestination() throws Exception {
    receiver.answer(Answer.longHeadersThenHang());
    settings.put("webhooks.destination.other.urls", other.url());
    start();
    send(0, 300);
    other.awaitCount(300, AT_MOST);
    assertThat(receiver.count()).isPositive();
  }

  @Test
  void aWebhookGetsItsOwnClientCertificate() throws Exception {
    Certificates certificates = new Certificates();
    try (SSLServerSocket server =
        (SSLServerSocket)
            certificates
                .serverContext()
                .getServerSocketFactory()
                .createServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      server.setNeedClientAuth(true);
      settings.put("webhooks.timeout", "10s");
      settings.put("webhooks.acks", "all");
      settings.put(
          "webhooks.urls", receiver.url() + ",https://localhost:" + server.getLocalPort() + "/");
      settings.put("webhooks.2.tls.key-store", certificates.clientStore(folder).toString());
      settings.put("webhooks.2.tls.key-store.password", Certificates.PASSWORD);
      settings.put("webhooks.2.tls.trust-store", certificates.trustStore(folder).toString());
      settings.put("webhooks.2.tls.trust-store.password", Certificates.PASSWORD);
      start();
      send(0, 1);
      try (SSLSocket connection = (SSLSocket) server.accept()) {
        connection.setSoTimeout((int) AT_MOST.toMillis());
        assertThat(connection.getInputStream().read()).isEqualTo('P');
        assertThat(connection.getSession().getPeerPrincipal()).hasToString("CN=client");
      }
      receiver.awaitCount(1, AT_MOST);
    }
  }
}
