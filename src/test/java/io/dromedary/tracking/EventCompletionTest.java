package io.dromedary.tracking;

import static io.dromedary.testing.Json.json;
import static io.dromedary.tracking.Api.SUCCESS;
import static io.dromedary.tracking.Api.batch;
import static io.dromedary.tracking.Api.newId;
import static io.dromedary.tracking.Api.track;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares events at the webhook with those that were sent to the tracking API. */
@Timeout(30)
class EventCompletionTest {

  private static Api api;

  @BeforeAll
  static void start(@TempDir Path folder) {
    api = Api.start(folder, Map.of());
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          # the event                                       | gets a version
          'type':'identify','userId':'u'                    | true
          'type':'page','userId':null,'anonymousId':'a'     | true
          'type':'page','name':'','userId':'u'              | true
          'type':'screen','anonymousId':7                   | true
          'type':'track','userId':'u','event':'e'           | true
          'type':'group','userId':'u','groupId':'g'         | true
          'type':'alias','userId':'u','previousId':'p'      | true
          'type':'alias','User ID':'u','Previous ID':'p'    | true
          'type':'delete','userId':'u'                      | false
          'version':1,'type':'page','userId':'u'            | false
          """)
  void anEventGoesOutAsItCameIn(String event, boolean versionAdded) {
    String id = newId();
    String fields = event + ",'context':{'a':[{}]},'own':null,'messageId':'" + id + "'";

    assertThat(api.post("/v1/batch", batch(json("{" + fields + "}")))).hasToString(SUCCESS);

    assertThat(api.delivered(id))
        .isEqualTo(
            json(
                "{%s%s,'receivedAt':'%s','timestamp':'%s'}"
                    .formatted(fields, versionAdded ? ",'version':1" : "", Api.NOW, Api.NOW)));
  }

  @Test
  void anEventGoesOutAsJavaScriptWouldWriteIt() {
    String id = newId();
    String event =
        "{ 'b' : [ 1.0, 1E21, -0, 1e400 ], '2': '\\/', '1': '\\ud800\\uD83D\\uDE00\u2028',\n"
            + "'userId': 'dropped', '__proto__': {}, 'messageId': 'ID', 'userId': 'u' }";

    assertThat(api.post("/v1/page", json(event).replace("ID", id))).hasToString(SUCCESS);

    assertThat(api.delivered(id))
        .startsWith(
            "{\"1\":\"\\ud800\ud83d\ude00\u2028\",\"2\":\"/\",\"b\":[1,1e+21,0,null],"
                + "\"userId\":\"u\",\"__proto__\":{},\"messageId\":");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "'messageId':null,", "'messageId':'',"})
  void anEventWithoutAMessageIdGetsOne(String messageId) {
    String user = newId();
    String event = json("{'type':'page'," + messageId + "'userId':'" + user + "'}");

    assertThat(api.post("/v1/page", event)).hasToString(SUCCESS);

    assertThat(api.deliveredWith(user))
        .containsPattern(json("'messageId':'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Track", "TRACK", "tRaCk"})
  void aTypeMayBeWrittenInCapitals(String type) {
    String first = newId();
    String second = newId();
    String event = "{'type':'" + type + "','event':'e','userId':'u','messageId':'";

    assertThat(api.post("/v1/track", json(event + first + "'}"))).hasToString(SUCCESS);
    assertThat(api.post("/v1/batch", batch(json(event + second + "'}")))).hasToString(SUCCESS);

    assertThat(api.delivered(first)).startsWith(json("{'type':'track','event':'e',"));
    assertThat(api.delivered(second)).startsWith(json("{'type':'track','event':'e',"));
  }

  /** The sender's digits are kept. As doubles, the last two numbers would be equal. */
  @ParameterizedTest
  @ValueSource(strings = {"7", "-7.50", "1e3", "12345678901234567890", "12345678901234567891"})
  void aMessageIdMayBeANumber(String number) {
    String event = "{'type':'page','userId':'u' , 'messageId' : 1 , 'messageId' : NUMBER }";

    assertThat(api.post("/v1/page", json(event.replace("NUMBER", number)))).hasToString(SUCCESS);

    assertThat(api.delivered(number))
        .startsWith(json("{'type':'page','userId':'u','messageId':'" + number + "',"));
  }

  /** The events are received at 03:04:05.678. The client's clock is about an hour behind. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          # of the event                                          | of its batch        | timestamp    | originalTimestamp
          ``                                                      | ``                  | 03:04:05.678 |
          'timestamp':null                                        | ``                  | 03:04:05.678 |
          'receivedAt':'02:00:00'                                 | ``                  | 03:04:05.678 |
          'sentAt':'02:00:10'                                     | 'sentAt':'02:00:10' | 03:04:05.678 |
          # When it happened, by the client's clock, but not when it was sent
          'timestamp':'02:00:00'                                  | ``                  | 02:00:00     |
          'timestamp':'02:00:00'                                  | 'sentAt':null       | 02:00:00     |
          'timestamp':'02:00:00'                                  | 'sentAt':1767319210 | 02:00:00     |
          'originalTimestamp':'02:00:00'                          | ``                  | 02:00:00     | 02:00:00
          'timestamp':'02:00:00','originalTimestamp':'01:00:00'   | ``                  | 02:00:00     | 01:00:00
          'timestamp':'yesterday'                                 | 'sentAt':'02:00:10' | yesterday    |
          # It happened ten seconds before it was sent
          'timestamp':'02:00:00'                                  | 'sentAt':'02:00:10' | 03:03:55.678 | 02:00:00
          'timestamp':'02:00:00','sentAt':'02:00:10'              | ``                  | 03:03:55.678 | 02:00:00
          'timestamp':'02:00:00','sentAt':'02:00:10'              | 'sentAt':'02:00:20' | 03:03:55.678 | 02:00:00
          'timestamp':'02:00:00','sentAt':'soon'                  | 'sentAt':'02:00:10' | 03:03:55.678 | 02:00:00
          'originalTimestamp':'02:00:00'                          | 'sentAt':'02:00:10' | 03:03:55.678 | 02:00:00
          'originalTimestamp':'02:00:00','timestamp':'01:00:00'   | 'sentAt':'02:00:10' | 03:03:55.678 | 02:00:00
          'originalTimestamp':null,'timestamp':'02:00:00'         | 'sentAt':'02:00:10' | 03:03:55.678 | 02:00:00
          'timestamp':'2026-01-02T04:00:00+02:00'                 | 'sentAt':'02:00:10' | 03:03:55.678 | 2026-01-02T04:00:00+02:00
          'timestamp':'2026-01-02T02:00:00.123456Z'               | 'sentAt':'02:00:10' | 03:03:55.801 | 2026-01-02T02:00:00.123456Z
          'timestamp':'2026-01-02T10:00:00.000+0800'              | 'sentAt':'02:00:10' | 03:03:55.678 | 2026-01-02T10:00:00.000+0800
          'timestamp':'2026-01-02T10:00:00+08'                    | 'sentAt':'02:00:10' | 03:03:55.678 | 2026-01-02T10:00:00+08
          'timestamp':'02:00:00','sentAt':'2026-01-01T22:30:10-0330' | ``               | 03:03:55.678 | 02:00:00
          'timestamp':'2026-01-02T10:00:00.000+0800'              | ``                  | 2026-01-02T10:00:00.000+0800 |
          # The client's clock is wrong by up to a day
          'timestamp':'2026-01-01T03:03:55.678Z'                  | 'sentAt':'2026-01-01T03:04:05.678Z' | 03:03:55.678 | 2026-01-01T03:03:55.678Z
          'timestamp':'2026-01-01T03:03:55.677Z'                  | 'sentAt':'2026-01-01T03:04:05.677Z' | 2026-01-01T03:03:55.677Z |
          'timestamp':'2026-01-03T03:03:55.678Z'                  | 'sentAt':'2026-01-03T03:04:05.678Z' | 03:03:55.678 | 2026-01-03T03:03:55.678Z
          'timestamp':'2026-01-03T03:03:55.679Z'                  | 'sentAt':'2026-01-03T03:04:05.679Z' | 2026-01-03T03:03:55.679Z |
          'timestamp':'02:00:00'                                  | 'sentAt':'0001-01-01T00:00:00Z'     | 02:00:00 |
          'timestamp':'02:00:00','sentAt':'0001-01-01T00:00:00Z'  | 'sentAt':'02:00:10'                 | 02:00:00 |
          'originalTimestamp':'02:00:00'                          | 'sentAt':'4051-01-01T00:00:00Z'     | 02:00:00 | 02:00:00
          # An event of last year that was sent just now
          'timestamp':'2025-01-01T00:00:00.000Z'                  | 'sentAt':'03:04:05' | 2025-01-01T00:00:00.678Z | 2025-01-01T00:00:00.000Z
          # The client's clock jumped back between the two
          'timestamp':'02:00:20'                                  | 'sentAt':'02:00:10' | 03:04:15.678 | 02:00:20
          """)
  void timesAreThoseOfTheReceiversClock(
      String event, String wrapper, String timestamp, @Nullable String original) {
    String id = newId();
    String before = "{'type':'page','userId':'u','messageId':'" + id + "'";
    String body = "{'batch':[" + before + more(event) + "}]" + more(wrapper) + "}";

    assertThat(api.post("/v1/batch", json(times(body)))).hasToString(SUCCESS);

    String delivered = api.delivered(id);
    assertThat(delivered)
        .contains(json(times("'receivedAt':'03:04:05.678'")))
        .contains(json(times("'timestamp':'" + timestamp + "'")));
    if (original == null) {
      assertThat(delivered).doesNotContain("originalTimestamp");
    } else {
      assertThat(delivered).contains(json(times("'originalTimestamp':'" + original + "'")));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          # of the event       | of its batch                            | delivered
          ``                   | 'sentAt':'02:00:10'                     | '02:00:10'
          'sentAt':null        | 'sentAt':'02:00:10'                     | '02:00:10'
          'sentAt':'02:00:05'  | 'sentAt':'02:00:10'                     | '02:00:05'
          'sentAt':'soon'      | 'sentAt':'02:00:10'                     | 'soon'
          'sentAt':7           | 'sentAt':'02:00:10'                     | 7
          ``                   | 'sentAt':'2026-01-02T10:00:00.000+0800' | '2026-01-02T10:00:00.000+0800'
          ``                   | 'sentAt':'0001-01-01T00:00:00Z'         | '0001-01-01T00:00:00Z'
          ``                   | 'sentAt':'soon'                         |
          ``                   | 'sentAt':1767319210                     |
          ``                   | 'sentAt':null                           |
          'sentAt':null        | ``                                      | null
          """)
  void whenABatchWasSentCountsForItsEvents(
      String event, String wrapper, @Nullable String delivered) {
    String first = newId();
    String second = newId();
    String fields = "{'type':'page','userId':'u'" + more(event) + ",'messageId':'";
    String events = fields + first + "'}," + fields + second + "'}";

    assertThat(
            api.post("/v1/batch", json(times("{'batch':[" + events + "]" + more(wrapper) + "}"))))
        .hasToString(SUCCESS);

    for (String id : List.of(first, second)) {
      if (delivered == null) {
        assertThat(api.delivered(id)).doesNotContain("sentAt");
      } else {
        assertThat(api.delivered(id)).containsOnlyOnce(json(times("'sentAt':" + delivered)));
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          # of the event                | of its batch                                  | delivered
          ``                            | 'context':{'library':{'name':'l'}}            | 'context':{'library':{'name':'l'}}
          'context':null                | 'context':{'ip':'b'}                          | 'context':{'ip':'b'}
          'context':{}                  | 'context':{'ip':'b'}                          | 'context':{'ip':'b'}
          'context':{'ip':'e','x':1}    | 'context':{'ip':'b','y':2}                    | 'context':{'ip':'e','x':1,'y':2}
          'context':{'ip':null}         | 'context':{'ip':'b'}                          | 'context':{'ip':null}
          'context':{'a':{'x':1}}       | 'context':{'a':{'y':2}}                       | 'context':{'a':{'x':1}}
          'context':{'x':1}             | 'context':{'2':2,'1':1}                       | 'context':{'1':1,'2':2,'x':1}
          'context':'text'              | 'context':{'ip':'b'}                          | 'context':'text'
          'context':{'ip':'e'}          | 'context':null                                | 'context':{'ip':'e'}
          'context':{'ip':'e'}          | 'context':'text'                              | 'context':{'ip':'e'}
          'integrations':{'A':true}     | 'integrations':{'A':false,'B':{'c':1}}        | 'integrations':{'A':true,'B':{'c':1}}
          ``                            | 'context':{'a':1},'integrations':{'All':true} | 'context':{'a':1},'integrations':{'All':true}
          'context':{'writeKey':'kept'} | 'writeKey':'w'                                | 'context':{'writeKey':'kept'}
          'writeKey':'w','x':1          | ``                                            | 'x':1
          'x':1,'writeKey':null         | 'writeKey':'w','sequence':1,'timestamp':'t'   | 'x':1
          'writeKey':'w','writeKey':'v' | 'x':1,'messageId':'m','userId':'v'            | ``
          """)
  void theFieldsOfABatchCountForItsEvents(String event, String wrapper, String delivered) {
    String id = newId();
    String before = "{'type':'page','userId':'u','messageId':'" + id + "'";
    String body = "{'batch':[" + before + more(event) + "}]" + more(wrapper) + "}";

    assertThat(api.post("/v1/import", json(body))).hasToString(SUCCESS);

    assertThat(api.delivered(id))
        .isEqualTo(
            json(
                "%s%s,'version':1,'receivedAt':'%s','timestamp':'%s'}"
                    .formatted(before, more(delivered), Api.NOW, Api.NOW)));
  }

  @Test
  void theFieldsOfABatchMayComeFirst() {
    String id = newId();
    String first = "{'writeKey':'w','context':{'ip':'b'},'sentAt':'02:00:10','batch':[";

    assertThat(api.post("/v1/batch", json(times(first)) + track(id) + "]}")).hasToString(SUCCESS);

    assertThat(api.delivered(id)).contains(json("'context':{'ip':'b'}")).doesNotContain("writeKey");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          # of the event                    | of its batch    | is delivered
          ``                                | ``              | true
          {}                                | ``              | true
          {'All':true}                      | ``              | true
          {'All':false}                     | ``              | false
          {'Webhooks':true}                 | ``              | true
          {'Webhooks':false}                | ``              | false
          {'Webhooks':{'a':1}}              | ``              | true
          {'All':true,'Webhooks':false}     | ``              | false
          {'All':false,'Webhooks':true}     | ``              | true
          {'All':false,'Webhooks':{}}       | ``              | true
          {'All':false,'Webhooks':null}     | ``              | false
          {'All':false,'Amplitude':true}    | ``              | false
          {'Webhook':false,'webhooks':true} | ``              | true
          'All'                             | ``              | true
          ``                                | {'All':false}   | false
          {'All':true}                      | {'All':false}   | true
          {'Webhooks':true}                 | {'All':false}   | true
          {'Amplitude':true}                | {'All':false}   | false
          """)
  void aSenderChoosesWhetherWebhooksGetAnEvent(String own, String wrapper, boolean isDelivered) {
    String id = isDelivered ? newId() : api.unwantedId();
    String event = "{'type':'page','userId':'u','messageId':'" + id + "'";
    String body = "{'batch':[" + event + integrations(own) + "}]" + integrations(wrapper) + "}";

    assertThat(api.post("/v1/batch", json(body))).hasToString(SUCCESS);

    if (isDelivered) {
      api.delivered(id);
    }
  }

  private static String integrations(String value) {
    return value.isEmpty() ? "" : ",'integrations':" + value;
  }

  private static String more(String fields) {
    return fields.isEmpty() ? "" : "," + fields;
  }

  /** Replaces times of the day in a text by instants. */
  private static String times(String text) {
    return text.replaceAll("'(\\d\\d:\\d\\d:\\d\\d)'", "'$1.000'")
        .replaceAll("'(\\d\\d:\\d\\d:\\d\\d\\.\\d{3})'", "'2026-01-02T$1Z'");
  }
}
