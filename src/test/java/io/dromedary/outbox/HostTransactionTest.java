package io.dromedary.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.testing.Deliveries;
import io.dromedary.testing.Receiver;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.spring.spi.SpringTransactionPolicy;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.support.TransactionTemplate;
import org.sqlite.SQLiteDataSource;

/** Tests appends in a host's transactions, here Spring's, on the database of the outbox. */
@Timeout(120)
class HostTransactionTest {

  private static final String SECRET = "sharedsecretvalue";
  private static final Duration AT_MOST = Duration.ofSeconds(30);

  @TempDir static Path folder;
  private static final Receiver RECEIVER = Receiver.start();
  private static final Deliveries DELIVERIES = new Deliveries(RECEIVER, SECRET);

  private static String database;
  private static Application application;
  private static ProducerTemplate producer;
  private static TransactionTemplate transaction;

  /** Works in the transaction of the calling thread, if there is one. */
  private static JdbcTemplate host;

  /** Works outside that transaction, so it sees committed data only. */
  private static JdbcTemplate committed;

  @BeforeAll
  static void start() throws Exception {
    database = PostgresOutboxTest.newDatabase();
    DataSource pool = pool("");
    DataSourceTransactionManager manager = new DataSourceTransactionManager(pool);
    SpringTransactionPolicy required = new SpringTransactionPolicy();
    required.setTransactionManager(manager);
    DataSource aware = new TransactionAwareDataSourceProxy(pool);
    application =
        Application.start(
            folder,
            Map.of(
                "webhooks.inbound",
                "direct:in",
                "webhooks.urls",
                RECEIVER.url(),
                "webhooks.signing.secret",
                SECRET,
                "webhooks.outbox.url",
                url("")),
            Map.of("hostDataSource", aware, "required", required));
    transaction = new TransactionTemplate(manager);
    host = new JdbcTemplate(aware);
    committed = new JdbcTemplate(pool("&ApplicationName=looker-on"));
    host.execute("CREATE TABLE sale (id TEXT PRIMARY KEY)");
    application
        .context()
        .addRoutes(
            new RouteBuilder() {
              @Override
              public void configure() {
                from("direct:join")
                    .errorHandler(noErrorHandler())
                    .process("dromedary-read-events")
                    .to("outbox:default?dataSource=#hostDataSource");
                from("direct:sell")
                    .transacted("required")
                    .process(exchange -> sell(exchange.getMessage().getHeader("id", String.class)))
                    .to("direct:join")
                    .filter(header("fails").isEqualTo(true))
                    .throwException(new IllegalStateException("the host's own failure"));
              }
            });
    producer = application.context().createProducerTemplate();
  }

  @AfterAll
  static void stop() {
    application.close();
    RECEIVER.close();
  }

  private static String url(String options) {
    return PostgresOutboxTest.server().getJdbcUrl("postgres", database) + options;
  }

  private static DataSource pool(String options) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setURL(url(options));
    return source;
  }

  private static String event(String id) {
    return "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"Sold\",\"messageId\":\"" + id + "\"}";
  }

  private static String events(String prefix, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> event(prefix + i))
        .collect(Collectors.joining(",", "[", "]"));
  }

  private static void sell(String id) {
    host.update("INSERT INTO sale VALUES (?)", id);
  }

  private static void join(String events) {
    producer.sendBody("direct:join", events);
  }

  private static int count(JdbcTemplate seen, String what) {
    return seen.queryForObject("SELECT count(*) FROM " + what, Integer.class);
  }

  private static boolean isSold(String id) {
    return count(committed, "sale WHERE id = '" + id + "'") == 1;
  }

  private static boolean isStored(String id) {
    return count(committed, "outbox WHERE message_id = '" + id + "'") > 0;
  }

  private static long deliveries(String id) {
    return RECEIVER.messageIds().getOrDefault(id, 0);
  }

  /** Waits until a later event is delivered, and so all before it have been, too. */
  private static void awaitAnother(String id) {
    join(event(id));
    DELIVERIES.of(id);
  }

  @Test
  void whatIsCommittedIsDelivered() {
    transaction.executeWithoutResult(
        status -> {
          sell("committed");
          join(event("committed"));
          // No other transaction sees it before the commit.
          assertThat(count(host, "outbox WHERE message_id = 'committed'")).isEqualTo(1);
          assertThat(isStored("committed")).isFalse();
        });
    assertThat(isSold("committed")).isTrue();
    assertThat(DELIVERIES.of("committed")).contains("\"event\":\"Sold\"");
    await().atMost(AT_MOST).until(() -> !isStored("committed"));
  }

  @Test
  void whatIsRolledBackNeverWas() {
    transaction.executeWithoutResult(
        status -> {
          sell("rolled-back");
          join(event("rolled-back"));
          status.setRollbackOnly();
        });
    assertThat(isSold("rolled-back")).isFalse();
    assertThat(isStored("rolled-back")).isFalse();
    awaitAnother("after-rolled-back");
    assertThat(deliveries("rolled-back")).isZero();

    // Nor is its id known.
    transaction.executeWithoutResult(status -> join(event("rolled-back")));
    DELIVERIES.of("rolled-back");
  }

  @Test
  void aTransactedRouteIsATransactionToo() {
    producer.sendBodyAndHeaders("direct:sell", event("routed"), Map.of("id", "routed"));
    assertThat(isSold("routed")).isTrue();
    DELIVERIES.of("routed");

    assertThatThrownBy(
            () ->
                producer.sendBodyAndHeaders(
                    "direct:sell", event("failed"), Map.of("id", "failed", "fails", true)))
        .isInstanceOf(CamelExecutionException.class)
        .hasRootCauseMessage("the host's own failure");
    assertThat(isSold("failed")).isFalse();
    assertThat(isStored("failed")).isFalse();
    awaitAnother("after-failed");
    assertThat(deliveries("failed")).isZero();
  }

  @Test
  void theConsumerIsWokenBehindATransactedRoute() throws Exception {
    Hands hands = new Hands(10);
    Outbox outbox = application.context().getComponent("outbox", OutboxComponent.class).outbox();
    outbox.listeners().register("wakes", hands);
    application
        .context()
        .addRoutes(
            new RouteBuilder() {
              @Override
              public void configure() {
                from("direct:wake")
                    .transacted("required")
                    .to("outbox:wakes?dataSource=#hostDataSource");
              }
            });
    producer.sendBody("direct:wake", "any bytes");
    assertThat(hands.told).hasValue(1);
    // The event is due by the database's clock, which may be slightly ahead.
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(
                        new ClaimDue(outbox, "wakes", ClaimDue.Wanted.of(10)).ask().join().claims())
                    .singleElement()
                    .satisfies(
                        claim ->
                            assertThat(claim.event().body()).asString().isEqualTo("any bytes")));
  }

  @Test
  void duplicatesAreLeftOutAndTheTransactionGoesOn() {
    join(event("known"));
    transaction.executeWithoutResult(
        status -> {
          join("[" + event("known") + "," + event("twice") + "," + event("twice") + "]");
          join(event("twice"));
          sell("with-duplicates");
        });
    assertThat(isSold("with-duplicates")).isTrue();
    DELIVERIES.of("twice");
    awaitAnother("after-twice");
    assertThat(deliveries("known")).isEqualTo(1);
    assertThat(deliveries("twice")).isEqualTo(1);
  }

  /** Runs work in a transaction of another thread. Returns when it waits for the first one. */
  private static CompletableFuture<Void> waiting(Runnable work) {
    CompletableFuture<Void> ended =
        CompletableFuture.runAsync(
            () -> transaction.executeWithoutResult(status -> work.run()),
            task -> new Thread(task).start());
    await()
        .atMost(AT_MOST)
        .until(() -> count(committed, "pg_locks WHERE NOT granted") > 0 || ended.isDone());
    assertThat(ended).isNotDone();
    return ended;
  }

  @Test
  void ofTwoTransactionsWithOneMessageIdTheFirstToCommitHasIt() throws Exception {
    CompletableFuture<Void> second =
        transaction.execute(
            status -> {
              sell("first");
              join(event("contended"));
              return waiting(
                  () -> {
                    sell("second");
                    join(event("contended"));
                  });
            });
    second.get(30, TimeUnit.SECONDS);
    assertThat(isSold("first")).isTrue();
    assertThat(isSold("second")).isTrue();
    awaitAnother("after-contended");
    assertThat(deliveries("contended")).isEqualTo(1);
  }

  @Test
  void ofTwoTransactionsWithOneMessageIdTheSecondHasItIfTheFirstIsRolledBack() throws Exception {
    CompletableFuture<Void> second =
        transaction.execute(
            status -> {
              join(event("left"));
              status.setRollbackOnly();
              return waiting(() -> join(event("left")));
            });
    second.get(30, TimeUnit.SECONDS);
    DELIVERIES.of("left");
  }

  @Test
  void anOpenTransactionHoldsUpNobodyElse() {
    Outbox outbox = application.context().getComponent("outbox", OutboxComponent.class).outbox();
    transaction.executeWithoutResult(
        status -> {
          join(event("open"));
          // These go through the store's own writer, which all callers share.
          CompletableFuture<Integer> same = append(outbox, "open");
          CompletableFuture<Integer> other = append(outbox, "other");
          assertThat(other.join()).isEqualTo(1);
          assertThatThrownBy(same::join)
              .hasRootCauseInstanceOf(SQLException.class)
              .hasMessageContaining(
                  "a transaction that has not ended has stored an event of the same message id");
          assertThat(outbox.failure()).isNull();
        });
    DELIVERIES.of("open");
    assertThat(append(outbox, "open").join()).isZero();
  }

  private static CompletableFuture<Integer> append(Outbox outbox, String id) {
    OutboxEvent event =
        new OutboxEvent(id, "track", outbox.clock().instant(), event(id).getBytes(UTF_8));
    try {
      return outbox.append(List.of(new Append.Arrival("default", event)), List.of());
    } catch (OutboxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aBatchIsCommittedOrRolledBackAsAWhole() {
    transaction.executeWithoutResult(
        status -> {
          join(events("undone-", 300));
          status.setRollbackOnly();
        });
    transaction.executeWithoutResult(status -> join(events("batch-", 300)));
    await()
        .atMost(AT_MOST)
        .until(() -> IntStream.range(0, 300).allMatch(i -> deliveries("batch-" + i) == 1));
    assertThat(count(committed, "outbox WHERE message_id LIKE 'undone-%'")).isZero();
    assertThat(RECEIVER.messageIds().keySet()).noneMatch(id -> id.startsWith("undone-"));
  }

  @Test
  @SuppressWarnings("NullAway") // An event without a type cannot be stored.
  void aHostThatGoesOnAfterAFailureCommitsNoPartOfIt() {
    byte[] body = event("half").getBytes(UTF_8);
    List<OutboxEvent> events =
        List.of(
            new OutboxEvent("half", "track", Instant.now(), body),
            new OutboxEvent("broken", null, Instant.now(), body));
    transaction.executeWithoutResult(
        status -> {
          sell("half");
          assertThatThrownBy(
                  () -> producer.sendBody("outbox:default?dataSource=#hostDataSource", events))
              .hasRootCauseInstanceOf(NullPointerException.class);
        });
    assertThat(isSold("half")).isFalse();
    // Nor is its id known.
    join(event("half"));
    DELIVERIES.of("half");
  }

  @Test
  void whatIsNoEventIsADeadLetterOfTheSameTransaction() {
    String message = "[" + event("good") + ",{\"type\":\"track\",\"messageId\":\"bad\"}]";
    transaction.executeWithoutResult(
        status -> {
          join(message);
          status.setRollbackOnly();
        });
    assertThat(count(committed, "dead_letter WHERE message_id = 'bad'")).isZero();
    transaction.executeWithoutResult(status -> join(message));
    DELIVERIES.of("good");
    assertThat(count(committed, "dead_letter WHERE message_id = 'bad'")).isEqualTo(1);
  }

  @Test
  void withoutATransactionAMessageIsOneOfItsOwn() {
    committed.execute(
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            + " $$BEGIN RAISE EXCEPTION 'refused'; END$$");
    committed.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON outbox FOR EACH ROW"
            + " WHEN (NEW.message_id = 'alone-1') EXECUTE FUNCTION refuse()");
    try {
      assertThatThrownBy(() -> join(events("alone-", 3)))
          .hasRootCauseMessage(
              "ERROR: refused\n  Where: PL/pgSQL function refuse() line 1 at RAISE");
    } finally {
      committed.execute("DROP TRIGGER refuse ON outbox");
    }
    assertThat(count(committed, "outbox WHERE message_id LIKE 'alone-%'")).isZero();
    join(events("alone-", 3));
    DELIVERIES.of("alone-0");
    DELIVERIES.of("alone-1");
    DELIVERIES.of("alone-2");
  }

  @Test
  void moreEventsThanATransactionMayHaveAreRefused() {
    assertThatThrownBy(() -> join(events("many-", 2501)))
        .hasRootCauseMessage("expected at most 2500 events or 16 MiB in a transaction, found more");
    assertThat(count(committed, "outbox WHERE message_id LIKE 'many-%'")).isZero();
  }

  // Data sources that are refused

  private static void sendBy(String destination, DataSource dataSource) {
    application.context().getRegistry().bind(destination + "-source", dataSource);
    producer.sendBody(
        "outbox:" + destination + "?dataSource=#" + destination + "-source", event("refused"));
  }

  @Test
  void whatNobodyWouldCommitIsAFailure() {
    DataSource manual =
        new DelegatingDataSource(pool("")) {
          @Override
          public Connection getConnection() throws SQLException {
            Connection connection = super.getConnection();
            connection.setAutoCommit(false);
            return connection;
          }
        };
    assertThatThrownBy(() -> sendBy("d0", manual))
        .hasRootCauseMessage(
            "the dataSource's connections are not in auto-commit mode, and there is no transaction"
                + " that they belong to: expected one, or a dataSource that knows of it, as"
                + " Spring's TransactionAwareDataSourceProxy does");
    assertThat(isStored("refused")).isFalse();
  }

  @Test
  void anotherDatabaseIsRefused() throws Exception {
    PGSimpleDataSource other = new PGSimpleDataSource();
    other.setURL(
        PostgresOutboxTest.server().getJdbcUrl("postgres", PostgresOutboxTest.newDatabase()));
    assertThatThrownBy(() -> sendBy("d1", other))
        .hasRootCauseMessage(refusal("d1", "another database"));
  }

  @Test
  void anotherSchemaIsRefused() {
    assertThatThrownBy(() -> sendBy("d2", pool("&currentSchema=pg_catalog")))
        .hasRootCauseMessage(refusal("d2", "another schema (search_path)"));
  }

  @Test
  void anotherKindOfDatabaseIsRefused() {
    SQLiteDataSource sqlite = new SQLiteDataSource();
    sqlite.setUrl("jdbc:sqlite:" + folder.resolve("host.db"));
    assertThatThrownBy(() -> sendBy("d3", sqlite))
        .hasRootCauseMessage(refusal("d3", "a database of SQLite"));
  }

  private static String refusal(String name, String found) {
    return "The dataSource of the endpoint outbox:"
        + name
        + " has "
        + found
        + ": expected that of webhooks.outbox.url, "
        + url("").replaceFirst("[?].*", "")
        + ", whose transactions are joined.";
  }
}
