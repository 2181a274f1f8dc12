package io.dromedary.tracking;

import static io.dromedary.tracking.Api.SUCCESS;
import static io.dromedary.tracking.Api.failure;
import static io.dromedary.tracking.Api.newId;
import static io.dromedary.tracking.Api.track;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.testing.Http.Response;
import io.dromedary.testing.SettableClock;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * If anything is thrown while an untrusted request is read, no part of it is stored, signed or
 * sent: neither at once, nor by a later request on the same thread.
 */
@Timeout(60)
class ForgeryTest {

  private static final String UNAVAILABLE =
      failure(503, "unavailable", "The events could not be stored; send them again later.");

  /** Throws a given error while a request is being read, and nowhere else. */
  private static final class FaultyClock extends Clock {

    private final Clock clock = new SettableClock(Api.NOW);
    private volatile @Nullable Supplier<Error> fault;

    @Override
    public Instant instant() {
      Supplier<Error> thrown = fault;
      if (thrown != null && isReading()) {
        throw thrown.get();
      }
      return clock.instant();
    }

    private static boolean isReading() {
      return StackWalker.getInstance()
          .walk(
              frames -> frames.anyMatch(f -> f.getClassName().equals(TrackingApi.class.getName())));
    }

    @Override
    public ZoneId getZone() {
      return clock.getZone();
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException();
    }
  }

  private static final FaultyClock CLOCK = new FaultyClock();

  private static Api api;

  @BeforeAll
  static void start(@TempDir Path folder) {
    api = Api.start(folder, Map.of("webhooks.write-key.secret", "key"), CLOCK);
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  static List<Supplier<Error>> errors() {
    return List.of(
        () -> new OutOfMemoryError("thrown by a test"),
        () -> new NoClassDefFoundError("thrown by a test"),
        () -> new AssertionError("thrown by a test"));
  }

  @ParameterizedTest
  @MethodSource("errors")
  void nothingOfARequestGoesOnWhateverIsThrown(Supplier<Error> error) {
    List<Response> answers = new ArrayList<>();
    CLOCK.fault = error;
    for (int i = 0; i < 30; i++) {
      answers.add(api.post("/v1/track", track(api.unwantedId())));
    }
    CLOCK.fault = null;

    assertThat(answers).extracting(Response::toString).containsOnly(UNAVAILABLE);
    onlyWhatIsSentNowArrives();
  }

  @Test
  void stackOverflowIsTheSendersFault() {
    CLOCK.fault = StackOverflowError::new;
    Response answer = api.post("/v1/track", track(api.unwantedId()));
    CLOCK.fault = null;

    assertThat(answer)
        .hasToString(
            failure(400, "invalid_json", "expected a body that can be read, found one too deep"));
    onlyWhatIsSentNowArrives();
  }

  @Test
  void gzipOfManyMembersIsRefused() {
    ByteArrayOutputStream members = new ByteArrayOutputStream();
    byte[] empty = Encoding.GZIP.of("");
    for (int i = 0; i < 10_000; i++) {
      members.writeBytes(empty);
    }
    members.writeBytes(Encoding.GZIP.of(track(api.unwantedId())));

    for (int i = 0; i < 30; i++) {
      assertThat(api.post("/v1/track", members.toByteArray(), "Content-Encoding", "gzip"))
          .hasToString(
              failure(
                  400,
                  "invalid_encoding",
                  "expected a body as its Content-Encoding says, found another"));
    }

    onlyWhatIsSentNowArrives();
  }

  /** Sends enough requests to reach every thread that the faulty ones may have used. */
  private static void onlyWhatIsSentNowArrives() {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      String id = newId();
      ids.add(id);
      assertThat(api.post("/v1/track", track(id), "Authorization", "Bearer key"))
          .hasToString(SUCCESS);
    }
    ids.forEach(api::delivered);
    assertThat(api.requests())
        .allSatisfy(
            request -> assertThat(request.text()).startsWith("{").contains(Api.NOW.toString()));
  }
}
