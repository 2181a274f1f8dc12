package io.dromedary.inbound;

import static io.dromedary.testing.Json.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.Application;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import io.dromedary.testing.SettableClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Events that {@code webhooks.wrap} makes of other objects, with all inbounds. */
@Timeout(60)
class WrapTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private @Nullable Application application;

  @AfterEach
  void close() {
    if (application != null) {
      application.close();
    }
    receiver.close();
  }

  private Application start(String inbound, String... more) {
    Map<String, String> settings = new HashMap<>();
    settings.put("webhooks.inbound", inbound);
    settings.put("webhooks.urls", receiver.url());
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    application =
        Application.start(folder, settings, Map.of("dromedary-clock", new SettableClock(NOW)));
    return application;
  }

  private static void send(Application to, Object body) {
    to.context().createFluentProducerTemplate().to("direct:in").withBody(body).send();
  }

  /** The body of the only request, with ID in place of the generated message id. */
  private String delivered() throws Exception {
    receiver.awaitCount(1, AT_MOST);
    String body = new String(receiver.requests().get(0).body(), StandardCharsets.UTF_8);
    String id = MAPPER.readTree(body).get("messageId").asText();
    assertThat(id).hasSize(36);
    return body.replace(id, "ID");
  }

  private List<String> deadLetters() throws Exception {
    Path file = folder.resolve("dead-letters.jsonl");
    List<String> texts = new ArrayList<>();
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        texts.add(MAPPER.readTree(line).get("detail").asText());
      }
    }
    return texts;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # webhooks.wrap    | what comes                              | what goes out
          track:Order Placed | {'orderId':1}                           | 'type':'track','event':'Order Placed','anonymousId':'ID','messageId':'ID','properties':{'orderId':1}
          track: a: 'b'      | {}                                      | 'type':'track','event':'a: \\'b\\'','anonymousId':'ID','messageId':'ID','properties':{}
          track:E            | {'userId':7,'x':[1.0]}                  | 'type':'track','event':'E','userId':7,'messageId':'ID','properties':{'userId':7,'x':[1]}
          track:E            | {'anonymousId':'a','userId':''}         | 'type':'track','event':'E','anonymousId':'a','messageId':'ID','properties':{'anonymousId':'a','userId':''}
          track:E            | {'type':'order.created','messageId':'m'} | 'type':'track','event':'E','anonymousId':'ID','messageId':'ID','properties':{'type':'order.created','messageId':'m'}
          track:E            | {'type':1}                              | 'type':'track','event':'E','anonymousId':'ID','messageId':'ID','properties':{'type':1}
          page               | {'a':1}                                 | 'type':'page','anonymousId':'ID','messageId':'ID','properties':{'a':1}
          page:Home          | {'a':1}                                 | 'type':'page','name':'Home','anonymousId':'ID','messageId':'ID','properties':{'a':1}
          screen:Home        | {'a':1}                                 | 'type':'screen','name':'Home','anonymousId':'ID','messageId':'ID','properties':{'a':1}
          identify           | {'userId':'u','email':'e'}              | 'type':'identify','userId':'u','messageId':'ID','traits':{'userId':'u','email':'e'}
          """)
  void anObjectThatIsNoEventBecomesOne(String wrap, String body, String event) throws Exception {
    send(start("direct:in", "webhooks.wrap", wrap.replace('\'', '"')), json(body));

    assertThat(delivered())
        .isEqualTo(
            "{"
                + json(event)
                + json(",'version':1,'receivedAt':'" + NOW + "','timestamp':'" + NOW + "'}"));
    assertThat(deadLetters()).isEmpty();
  }

  @Test
  void withoutTheSettingItIsADeadLetter() throws Exception {
    send(start("direct:in"), json("{'orderId':1}"));

    await().atMost(AT_MOST).until(() -> !deadLetters().isEmpty());
    assertThat(deadLetters())
        .containsExactly(
            "invalid_event: expected \"type\" to be one of page, screen, identify, track, alias,"
                + " group, delete, found none");
  }

  @Test
  void anEventStaysWhatItIs() throws Exception {
    Application to = start("direct:in", "webhooks.wrap", "track:E");
    send(to, json("{'type':'Page','userId':'u','messageId':'a'}"));
    send(to, json("{'type':'track','userId':'u','messageId':'b'}"));

    receiver.awaitCount(1, AT_MOST);
    await().atMost(AT_MOST).until(() -> !deadLetters().isEmpty());
    assertThat(receiver.messageIds()).isEqualTo(Map.of("a", 1));
    assertThat(deadLetters())
        .containsExactly(
            "invalid_event: expected a \"event\" in an event of type track, found none");
  }

  /** Arrays, lines, batches and structures may hold such objects in place of events. */
  @Test
  void eachOfSeveralBecomesOne() throws Exception {
    Application to = start("direct:in", "webhooks.wrap", "track:E");
    send(to, json("[{'n':1},7,{'n':2}]"));
    send(to, json("{'n':3}\n{'n':4}"));
    send(to, json("{'batch':[{'n':5}],'context':{'ip':'i'}}"));
    send(to, Map.of("n", 6));
    send(
        to, Files.newInputStream(Files.writeString(folder.resolve("f"), json("{'n':7}\n{'n':8}"))));

    receiver.awaitCount(8, AT_MOST);
    Map<Integer, String> addresses = new TreeMap<>();
    for (Request request : receiver.requests()) {
      JsonNode event = MAPPER.readTree(request.body());
      addresses.put(event.at("/properties/n").asInt(), event.at("/context/ip").asText());
    }
    assertThat(addresses).hasToString("{1=, 2=, 3=, 4=, 5=i, 6=, 7=, 8=}");
    assertThat(deadLetters())
        .containsExactly("invalid_event: expected a JSON object, found a number");
  }

  /** If it were read as a batch, the fields beside the array would be lost. */
  @Test
  void anObjectWithABatchOfItsOwnIsNoBatch() throws Exception {
    Application to = start("direct:in", "webhooks.wrap", "track:E");
    send(to, json("{'orderId':1,'batch':['a',{'n':1}]}"));

    assertThat(delivered())
        .startsWith(
            json(
                "{'type':'track','event':'E','anonymousId':'ID','messageId':'ID',"
                    + "'properties':{'orderId':1,'batch':['a',{'n':1}]},"));
    send(to, json("{'orderId':2,'batch':[{'n':NaN},{'n':2}]}"));
    await().atMost(AT_MOST).until(() -> !deadLetters().isEmpty());
    send(to, json("{'batch':[{'n':NaN},{'n':3}],'sentAt':'" + NOW + "'}"));
    receiver.awaitCount(2, AT_MOST);

    assertThat(MAPPER.readTree(receiver.requests().get(1).body()).at("/properties/n").asInt())
        .isEqualTo(3);
    await().atMost(AT_MOST).until(() -> deadLetters().size() == 2);
    assertThat(deadLetters())
        .containsExactly(
            "invalid_json: unexpected 'N' at byte 27, expected a value",
            "invalid_json: unexpected 'N' at byte 15, expected a value");
  }

  /** The object's write key counts, and is not sent on. */
  @Test
  void aPathOfYourOwnTakesObjectsByHttp() throws Exception {
    Application to =
        start(
            "platform-http:/orders",
            "webhooks.wrap",
            "track:Order Placed",
            "webhooks.write-key.secret",
            "a-known-key");

    assertThat(Http.post(to.url("/orders"), json("{'orderId':1}").getBytes(StandardCharsets.UTF_8)))
        .satisfies(answer -> assertThat(answer.status()).isEqualTo(401));
    assertThat(
            Http.post(
                to.url("/orders"),
                json("{'orderId':1,'writeKey':'a-known-key'}").getBytes(StandardCharsets.UTF_8)))
        .hasToString(json("200 {'success':true}"));

    assertThat(delivered())
        .startsWith(
            json(
                "{'type':'track','event':'Order Placed','anonymousId':'ID','messageId':'ID',"
                    + "'properties':{'orderId':1},'version':1,"))
        .doesNotContain("a-known-key");
  }

  @Test
  void whatIsTooLongOrTooDeepAsAnEventIsNone() throws Exception {
    Application to = start("direct:in", "webhooks.wrap", "track:E");
    send(to, "{\"a\":" + "[".repeat(999) + "]".repeat(999) + "}");
    await().atMost(AT_MOST).until(() -> deadLetters().size() == 1);
    send(to, json("{'a':'" + "x".repeat(32_761) + "'}"));
    await().atMost(AT_MOST).until(() -> deadLetters().size() == 2);
    send(to, "{\"a\":" + "[".repeat(998) + "]".repeat(998) + "}");
    receiver.awaitCount(1, AT_MOST);
    send(to, json("{'a':'" + "x".repeat(32_760) + "'}"));
    receiver.awaitCount(2, AT_MOST);

    assertThat(deadLetters().get(0)).startsWith("invalid_json: nested too deeply: ");
    assertThat(deadLetters().get(1))
        .isEqualTo("event_too_large: expected at most 32768 bytes, found 32769");
    JsonNode deep = MAPPER.readTree(receiver.requests().get(0).body());
    assertThat(deep.at("/properties/a").isArray()).isTrue();
  }
}
