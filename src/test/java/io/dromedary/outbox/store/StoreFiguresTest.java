package io.dromedary.outbox.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.SettableClock;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the figures of the store, their cost, and that they block nothing else. */
@Timeout(60)
class StoreFiguresTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final SettableClock clock = new SettableClock(Instant.ofEpochMilli(100_000));
  private final AtomicInteger statements = new AtomicInteger();
  private final Map<String, List<Long>> taken = new HashMap<>();
  private final CountDownLatch answers = new CountDownLatch(1);
  private StoreFigures figures;

  @BeforeEach
  void createTable() throws SQLException {
    update(
        "CREATE TABLE outbox (id INTEGER PRIMARY KEY, destination TEXT, accepted_at INTEGER, due_at"
            + " INTEGER, attempts INTEGER)");
    for (int i = 0; i < 50; i++) {
      taken.put("d" + i, List.of());
    }
  }

  @AfterEach
  void close() {
    answers.countDown();
    figures.close();
  }

  private void update(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(sql);
    }
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("outbox.db"));
  }

  /** Opens the connections on which figures are read. */
  private interface Connecting {
    Connection connect() throws SQLException;
  }

  private StoreFigures figures(Connecting connecting) {
    return new StoreFigures(
        new StoreFigures.Source() {
          @Override
          public Connection connectToRead() throws SQLException {
            return connecting.connect();
          }

          @Override
          public long sizeBytes(Connection connection) {
            return 8192;
          }

          @Override
          public boolean isShared() {
            return false;
          }
        },
        () -> taken,
        clock);
  }

  private Connection counting() throws SQLException {
    Connection connection = connect();
    return (Connection)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getName().startsWith("prepare") || method.getName().startsWith("create")) {
                statements.incrementAndGet();
              }
              return method.invoke(connection, arguments);
            });
  }

  private Connection late() throws SQLException {
    try {
      assertThat(answers.await(AT_MOST.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new SQLException(e);
    }
    return connect();
  }

  @Test
  void allDestinationsAreReadByOneStatement() throws Exception {
    figures = figures(this::counting);
    taken.put("d7", List.of(1L, 2L));
    update(
        "INSERT INTO outbox VALUES (1, 'd7', 9000, 10000, 0), (2, 'd7', 8000, 20000, 1),"
            + " (3, 'd7', 7000, 30000, 1), (4, 'd7', 200000, 200000, 0),"
            + " (5, 'd8', 98000, 99000, 3), (6, 'nobody', 0, 0, 0), (7, 'd9', 100001, 100001, 0)");

    await().atMost(AT_MOST).until(() -> figures.of("d7").events() == 4);
    // An event in memory is claimed, so it is not overdue, however long it has been due.
    assertThat(figures.of("d7")).isEqualTo(new StoreFigures.Figures(4, 70_000, 93_000));
    assertThat(figures.of("d8")).isEqualTo(new StoreFigures.Figures(1, 1_000, 2_000));
    // The event is due later, as replayed events may be.
    assertThat(figures.of("d9")).isEqualTo(new StoreFigures.Figures(1, 0, 0));
    assertThat(figures.sizeBytes()).isEqualTo(8192);
    for (int i = 10; i < 50; i++) {
      assertThat(figures.of("d" + i)).isEqualTo(StoreFigures.Figures.NONE);
    }
    assertThat(statements).hasValue(1);
  }

  @Test
  void aStoreThatDoesNotAnswerHoldsUpNobody() {
    figures = figures(this::late);
    long beganNanos = System.nanoTime();
    for (String destination : taken.keySet()) {
      assertThat(figures.of(destination).events()).isNaN();
    }
    assertThat(figures.sizeBytes()).isNaN();
    // One of the callers has waited for a moment, and none for as long as the store takes.
    assertThat(Duration.ofNanos(System.nanoTime() - beganNanos)).isLessThan(Duration.ofSeconds(5));
    answers.countDown();
    await().atMost(AT_MOST).until(() -> figures.of("d1").events() == 0);
  }
}
