package io.dromedary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.dromedary.app.StartFailure;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.TraceLog;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * With all loggers at TRACE, except for the few that the packaged logback.xml keeps at WARN, the
 * log contains no secret. Each secret contains the word "hush".
 */
class TraceTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  private static final String SENDER = basic("hush-write", "");
  private static final List<String> SECRETS =
      List.of(
          "hush",
          SENDER,
          basic("hush-wrong", ""),
          basic("me", "hush-basic"),
          basic("client", "hush-client"));

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final Receiver tokens = Receiver.start();
  private final TraceLog log = new TraceLog(SECRETS);

  @AfterEach
  void close() {
    log.close();
    receiver.close();
    tokens.close();
  }

  private static String basic(String user, String password) {
    return Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
  }

  /** Settings with webhooks of every kind, of which one rejects events and one does not exist. */
  private Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>();
    settings.put(
        "webhooks.urls",
        String.join(
            ",",
            receiver.url("/hush-1?key=hush-query"),
            receiver.url("/hush-2?key=hush-query"),
            receiver.url("/hush-3?key=hush-query"),
            receiver.url("/hush-rejects?key=hush-query")));
    settings.put("webhooks.destination.gone.urls", "http://127.0.0.1:1/hush-5?key=hush-query");
    settings.put("webhooks.destination.gone.signing.secret", "hush-signing");
    settings.put("webhooks.acks", "3");
    settings.put("webhooks.retry.initial-delay", "100ms");
    settings.put("webhooks.1.http.authUsername", "me");
    settings.put("webhooks.1.http.authPassword", "hush-basic");
    settings.put("webhooks.2.http.authBearerToken", "hush-bearer");
    settings.put("webhooks.3.http.oauth2ClientId", "client");
    settings.put("webhooks.3.http.oauth2ClientSecret", "hush-client");
    settings.put("webhooks.3.http.oauth2TokenEndpoint", tokens.url("/hush-tokens?key=hush-query"));
    settings.put("webhooks.headers.X-Key", "hush-header");
    settings.put("webhooks.signing.secret", "hush-signing,hush-former");
    settings.put("webhooks.signing.scheme", "x-signature");
    settings.put("webhooks.write-key.secret", "hush-write");
    settings.put("webhooks.management.secret", "hush-management-hush");
    settings.put("webhooks.dead-letter", "queue:dead?password=hush-queue");
    settings.put("webhooks.transform", "queue:transform?password=hush-queue");
    return settings;
  }

  private void awaitDeadLetter(Application application) {
    await()
        .atMost(AT_MOST)
        .until(
            () ->
                Http.send(
                        "GET",
                        application.url("/dromedary/dead-letters"),
                        "Authorization",
                        "Bearer hush-management-hush")
                    .body()
                    .contains("m-rejected"));
  }

  private void track(Application application, String messageId) {
    Http.Response answer =
        Http.post(
            application.url("/v1/track"),
            "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"%s\",\"writeKey\":\"hush-write\"}"
                .formatted(messageId),
            "Authorization",
            "Basic " + SENDER);
    assertThat(answer.status()).isEqualTo(200);
  }

  private void deliverFailAndGiveUp(Map<String, String> settings) {
    tokens.answer(Answer.status(200).body("{\"access_token\":\"hush-token\"}"));
    receiver.answerBy(
        request ->
            request.path().contains("rejects")
                ? Answer.status(404)
                : Answer.status(request.text().contains("m-rejected") ? 400 : 200));
    receiver.answerNext(Answer.status(503), Answer.closeSilently());
    try (Application application =
        Application.start(folder, settings, Map.of("queue", new SecretsTest.Queues()))) {
      track(application, "m-1");
      track(application, "m-rejected");
      await().atMost(AT_MOST).until(() -> receiver.messageIds().containsKey("m-1"));
      awaitDeadLetter(application);
      assertThat(
              Http.post(
                      application.url("/v1/track"),
                      "{}",
                      "Authorization",
                      "Basic " + SECRETS.get(2))
                  .status())
          .isEqualTo(401);
      assertThat(
              Http.send(
                      "GET",
                      application.url("/dromedary/dead-letters?key=hush-wrong"),
                      "Authorization",
                      "Bearer hush-wrong")
                  .status())
          .isEqualTo(401);
    }
  }

  @Test
  void whileEventsAreDeliveredFailAndAreGivenUp() {
    deliverFailAndGiveUp(settings());

    // TRACE was on.
    assertThat(log.loggers())
        .anyMatch(name -> name.startsWith("org.apache.hc.client5"))
        .anyMatch(name -> name.startsWith("org.apache.camel.impl"))
        .anyMatch(name -> name.startsWith("io.netty"));
    assertThat(log.found()).isEmpty();
  }

  @Test
  void withADatabaseThatAsksForAPassword() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
      Map<String, String> settings = settings();
      settings.put(
          "webhooks.outbox.url",
          server.getJdbcUrl("postgres", "postgres") + "&password=hush-database");
      deliverFailAndGiveUp(settings);
    }

    assertThat(log.loggers()).anyMatch(name -> name.startsWith("org.postgresql"));
    assertThat(log.found()).isEmpty();
  }

  /** Starts that fail because of a typing error, or because something is missing. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "webhooks.signing.secrets | hush",
        "webhooks.url | https://a.example/hush?key=hush",
        "webhooks.headers.X Key | hush",
        "webhooks.urls | htps://a.example/hush?key=hush",
        "webhooks.urls | https://hush:hush@a.example/hush?key=hush b",
        "webhooks.inbound | kafka:events?saslPasword=hush",
        "webhooks.inbound | nosuch:events?password=hush",
        "webhooks.inbound | file:nosuch?fileName=hush",
        "webhooks.dead-letter | nosuch://me:hush@host?password=hush",
        "webhooks.dead-letter | seda:dead?nosuch=hush",
        "webhooks.transform | nosuch:x?token=hush",
        "webhooks.transform | seda:x?nosuch=hush",
        "webhooks.http.authPasword | hush",
        "webhooks.1.http.oauth2ClientSecrets | hush",
        "webhooks.tls.key-store.pasword | hush",
        "webhooks.destination.crm.signing.secre | hush",
        "webhooks.write-key.secret | hush,,hush",
        "webhooks.outbox.url | jdbc:postgresl://me:hush@host/db?password=hush",
        "webhooks.outbox.url | jdbc:sqlite:/proc/nosuch/outbox.db?password=hush",
        "webhooks.outbox.pasword | hush",
        "camel.component.https.proxyAuthPasword | hush",
        "camel.beans.broker.password | hush",
      })
  void whenAStartFails(String key, String value) {
    Map<String, String> settings = new HashMap<>(Map.of("webhooks.urls", receiver.url("/hush")));
    settings.put(key, value);

    Throwable failure = catchThrowable(() -> Application.start(folder, settings).close());

    assertThat(failure).isNotNull();
    assertThat(StartFailure.describe(failure)).doesNotContain("hush");
    assertThat(log.found()).isEmpty();
  }
}
