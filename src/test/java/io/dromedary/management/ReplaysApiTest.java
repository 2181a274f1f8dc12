package io.dromedary.management;

import static io.dromedary.testing.Json.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Http.Response;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.SettableClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the API for replays, over HTTP. */
@Timeout(60)
class ReplaysApiTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");

  @TempDir Path folder;
  private final SettableClock clock = new SettableClock(NOW);
  private final Receiver receiver = Receiver.start();
  private Application application;

  @BeforeEach
  void start() {
    receiver.answer(Answer.status(400));
    application =
        Application.start(
            folder,
            Map.of("webhooks.urls", receiver.url("/hook")),
            Map.of("dromedary-clock", clock));
  }

  @AfterEach
  void stop() {
    application.close();
    receiver.close();
  }

  private void restart() {
    application.close();
    start();
  }

  private void reject(String... messageIds) {
    int expected = receiver.count();
    for (String messageId : messageIds) {
      Http.post(
          application.url("/v1/track"),
          json("{'userId':'u','event':'e','messageId':'" + messageId + "'}"));
      expected++;
    }
    int count = expected;
    await()
        .atMost(AT_MOST)
        .until(() -> ask("GET", "/dead-letters/count").body().startsWith("{\"count\":" + count));
  }

  private Response ask(String method, String path) {
    return Http.send(method, application.url("/dromedary" + path));
  }

  private void awaitReplay(String expected) {
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(ask("GET", "/api/replays/1"))
                    .hasToString(json("200 {'id':1," + expected + "}")));
  }

  @Test
  void whatBecomesOfItsEventsIsCountedAcrossARestart() {
    reject("m-0", "m-1", "m-2", "m-3");
    receiver.answerBy(request -> Answer.status(request.text().contains("\"m-0\"") ? 401 : 200));

    assertThat(ask("POST", "/dead-letters/replay?all=true&rate=1"))
        .hasToString(json("200 {'replayed':4,'refused':0,'replay':1}"));

    // One is due. The store's own time advances by milliseconds with each commit.
    awaitReplay(
        "'state':'running','startedAt':'2026-01-02T03:04:05.678Z','rate':1,'events':4,"
            + "'waiting':3,'lastDueAt':'2026-01-02T03:04:08.678Z','delivered':0,'dead':1,"
            + "'deadByStatus':{'401':1},'deleted':0,'restored':0");
    clock.advance(Duration.ofSeconds(1));
    awaitReplay(
        "'state':'running','startedAt':'2026-01-02T03:04:05.678Z','rate':1,'events':4,"
            + "'waiting':2,'lastDueAt':'2026-01-02T03:04:08.678Z','delivered':1,'dead':1,"
            + "'deadByStatus':{'401':1},'deleted':0,'restored':0");
    assertThat(ask("DELETE", "/pending?messageId=m-2"))
        .hasToString(json("200 {'deleted':1,'inMemory':0}"));
    restart();
    awaitReplay(
        "'state':'running','startedAt':'2026-01-02T03:04:05.678Z','rate':1,'events':4,"
            + "'waiting':1,'lastDueAt':'2026-01-02T03:04:08.678Z','delivered':1,'dead':1,"
            + "'deadByStatus':{'401':1},'deleted':1,'restored':0");

    assertThat(ask("POST", "/api/replays/1/stop")).hasToString(json("200 {'restored':1}"));

    awaitReplay(
        "'state':'stopped','startedAt':'2026-01-02T03:04:05.678Z',"
            + "'stoppedAt':'2026-01-02T03:04:06.678Z','rate':1,'events':4,"
            + "'waiting':0,'delivered':1,'dead':1,"
            + "'deadByStatus':{'401':1},'deleted':1,'restored':1");
    assertThat(ask("GET", "/dead-letters?messageId=m-3").body())
        .contains(json("'reason':'rejected'"), json("'deadAt':'2026-01-02T03:04:05.678Z'"));
    assertThat(ask("GET", "/api/replays").body()).startsWith(json("{'replays':[{'id':1,"));
  }

  @Test
  void aDryRunChangesNothing() {
    reject("m-0", "m-1");

    assertThat(ask("POST", "/dead-letters/replay?status=400&rate=1&dryRun=true"))
        .hasToString(
            json(
                "200 {'dryRun':true,'wouldReplay':2,'refused':0,'seconds':2,'count':2,"
                    + "'byReason':{'rejected':2},'groups':[{'reason':'rejected',"
                    + "'destination':'default','webhook':'"
                    + receiver.url()
                    + "','status':'400','count':2,'oldest':'2026-01-02T03:04:05.678Z',"
                    + "'newest':'2026-01-02T03:04:05.678Z'}]}"));

    assertThat(ask("GET", "/dead-letters/count").body()).startsWith(json("{'count':2"));
    assertThat(ask("GET", "/dead-letters/groups").body()).startsWith(json("{'groups':[{"));
    assertThat(ask("GET", "/api/replays")).hasToString(json("200 {'replays':[]}"));
  }

  @Test
  void anotherNumberIsRefused() {
    String unknown =
        json(
            "404 {'success':false,'code':'not_found','message':'expected the number of a replay"
                + " that is kept, found 7'}");

    assertThat(ask("GET", "/api/replays/7")).hasToString(unknown);
    assertThat(ask("POST", "/api/replays/7/stop")).hasToString(unknown);
    assertThat(ask("GET", "/api/replays/x").status()).isEqualTo(404);
    assertThat(ask("GET", "/api/replays/7/stop").status()).isEqualTo(405);
    assertThat(ask("GET", "/api/replays?limit=3").status()).isEqualTo(400);
  }
}
