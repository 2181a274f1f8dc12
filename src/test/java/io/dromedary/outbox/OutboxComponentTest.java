package io.dromedary.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import io.dromedary.event.Event;
import io.dromedary.event.EventType;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.settings.OutboxSettings;
import io.dromedary.testing.SettableClock;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ResolveEndpointFailedException;
import org.apache.camel.ServiceStatus;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.builder.ThreadPoolProfileBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.service.BaseService;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

/** Tests the component in a Camel context without the rest of Dromedary. */
@Timeout(120)
class OutboxComponentTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final SettableClock clock =
      new SettableClock(Instant.ofEpochMilli(System.currentTimeMillis()));
  private DefaultCamelContext camel = new DefaultCamelContext();
  private final List<String> seen = new CopyOnWriteArrayList<>();

  private void start(RouteBuilder... routes) throws Exception {
    camel.getRegistry().bind("dromedary-clock", clock);
    OutboxComponent component = new OutboxComponent();
    component.setSettings(
        new OutboxSettings(
            url(),
            null,
            null,
            Duration.ofMinutes(2),
            Duration.ZERO,
            1000,
            Duration.ofDays(30),
            Duration.ofHours(4)));
    camel.addComponent("outbox", component);
    camel.getShutdownStrategy().setTimeout(20);
    for (RouteBuilder each : routes) {
      camel.addRoutes(each);
    }
    camel.start();
  }

  @AfterEach
  void stop() {
    camel.stop();
  }

  private String url() {
    return "jdbc:sqlite:" + folder.resolve("outbox.db");
  }

  private static RouteBuilder route(String from, Processor to) {
    return new RouteBuilder() {
      @Override
      public void configure() {
        from(from).routeId("consume").process(to);
      }
    };
  }

  private void see(Exchange exchange) {
    seen.add(exchange.getMessage().getBody(String.class));
  }

  private Exchange send(Object body) {
    return sendTo("outbox:orders", body);
  }

  private Exchange sendTo(String uri, Object body) {
    return camel.createFluentProducerTemplate().to(uri).withBody(body).send();
  }

  private void append(String... bodies) {
    for (String body : bodies) {
      assertThat(send(body).getException()).isNull();
    }
  }

  private List<String> query(String sql) {
    List<String> found = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection(url());
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        found.add(rows.getString(1));
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return found;
  }

  private List<String> stored() {
    return query("SELECT CAST(body AS TEXT) FROM outbox ORDER BY id");
  }

  private void awaitEmpty() {
    await().atMost(AT_MOST).until(() -> stored().isEmpty());
  }

  private static void acquire(Semaphore permits) throws InterruptedException {
    assertThat(permits.tryAcquire(AT_MOST.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  private static OutboxEvent event(String id, Instant acceptedAt) {
    return new OutboxEvent(id, "order", acceptedAt, id.getBytes(UTF_8));
  }

  // The producer

  @Test
  void anExchangeGoesOnWhenItsEventIsOnDisk() throws Exception {
    List<List<String>> then = new CopyOnWriteArrayList<>();
    start(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:in").to("outbox:orders").process(exchange -> then.add(stored()));
          }
        });
    camel.createFluentProducerTemplate().to("direct:in").withBody("one").send();
    assertThat(then).containsExactly(List.of("one"));
  }

  /** Kafka's client, for example, does not allow another thread to commit. */
  @Test
  void aSynchronousStepGoesOnOnTheThreadThatStores() throws Exception {
    List<Object> threads = new CopyOnWriteArrayList<>();
    start(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:in")
                .process(exchange -> threads.add(Thread.currentThread()))
                .to("outbox:orders?synchronous=true")
                .process(exchange -> threads.add(Thread.currentThread()))
                .process(exchange -> threads.add(stored()));
          }
        });

    camel.createProducerTemplate().sendBody("direct:in", "a");

    assertThat(threads)
        .containsExactly(Thread.currentThread(), Thread.currentThread(), List.of("a"));
  }

  private static CompletableFuture<Void> elsewhere(Runnable task) {
    return CompletableFuture.runAsync(task, each -> new Thread(each).start());
  }

  private CompletableFuture<Void> sendElsewhere(String endpoint, String body) {
    return elsewhere(() -> camel.createProducerTemplate().sendBody(endpoint, body));
  }

  private static void join(List<CompletableFuture<Void>> all) throws Exception {
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
        .get(AT_MOST.toSeconds(), TimeUnit.SECONDS);
  }

  /** A bean after an outbox may call another route that stores events. */
  @Test
  void routesThatAreBehindACommitMayWaitForAnother() throws Exception {
    int routes = 40;
    CountDownLatch behind = new CountDownLatch(routes);
    start(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:in")
                .to("outbox:first")
                .process(
                    exchange -> {
                      behind.countDown();
                      assertThat(behind.await(AT_MOST.toSeconds(), TimeUnit.SECONDS)).isTrue();
                      camel.createProducerTemplate().sendBody("outbox:second", "again");
                    })
                .to("outbox:third");
          }
        });
    join(IntStream.range(0, routes).mapToObj(i -> sendElsewhere("direct:in", "a")).toList());
    assertThat(query("SELECT destination || count(*) FROM outbox GROUP BY destination"))
        .containsExactlyInAnyOrder("first40", "second40", "third40");
  }

  @Test
  void aRouteThatBlocksBehindItsCommitDelaysNoOtherSender() throws Exception {
    CountDownLatch ends = new CountDownLatch(1);
    AtomicInteger blocked = new AtomicInteger();
    start(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:slow")
                .to("outbox:orders")
                .process(
                    exchange -> {
                      blocked.incrementAndGet();
                      assertThat(ends.await(AT_MOST.toSeconds(), TimeUnit.SECONDS)).isTrue();
                    });
          }
        });
    List<CompletableFuture<Void>> slow =
        IntStream.range(0, 20).mapToObj(i -> sendElsewhere("direct:slow", "slow")).toList();
    await().atMost(AT_MOST).until(() -> blocked.get() == 20);
    append("fast");
    assertThat(stored()).contains("fast");
    ends.countDown();
    join(slow);
  }

  @Test
  void whereAllThreadsAreBlockedSendersAreRefusedAndHealthSaysSo() throws Exception {
    camel
        .getExecutorServiceManager()
        .registerThreadPoolProfile(
            new ThreadPoolProfileBuilder("outbox").poolSize(1).maxPoolSize(2).build());
    CountDownLatch ends = new CountDownLatch(1);
    start(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:slow")
                .to("outbox:orders")
                .process(
                    exchange ->
                        assertThat(ends.await(AT_MOST.toSeconds(), TimeUnit.SECONDS)).isTrue());
          }
        });
    Outbox outbox = camel.getEndpoint("outbox:orders", OutboxEndpoint.class).outbox();
    List<CompletableFuture<Void>> slow =
        IntStream.range(0, 3).mapToObj(i -> sendElsewhere("direct:slow", "slow")).toList();
    await().atMost(AT_MOST).until(() -> outbox.failure() != null);
    assertThat(outbox.failure())
        .matches("all 2 threads of outbox-continuation have been blocked for \\d+ s, and 1 wait");
    assertThat(send("refused").getException())
        .isInstanceOf(OutboxException.class)
        .hasMessageContaining("all 2 threads of outbox-continuation have been blocked");
    ends.countDown();
    join(slow);
    await().atMost(AT_MOST).until(() -> outbox.failure() == null);
    append("accepted");
  }

  @Test
  void headersNameTheEvent() throws Exception {
    List<Object> headers = new CopyOnWriteArrayList<>();
    start(
        route(
            "outbox:orders",
            exchange -> {
              headers.add(exchange.getMessage().getHeader("DromedaryMessageId"));
              headers.add(exchange.getMessage().getHeader("DromedaryType"));
            }));
    camel
        .createFluentProducerTemplate()
        .to("outbox:orders")
        .withHeader("DromedaryMessageId", "id")
        .withHeader("DromedaryType", "order")
        .withBody("one")
        .send();
    awaitEmpty();
    assertThat(headers).containsExactly("id", "order");
  }

  @Test
  void anIteratorIsStoredInPiecesAsItComes() throws Exception {
    start();
    AtomicInteger most = new AtomicInteger();
    Iterator<OutboxEvent> events =
        IntStream.range(0, 6001)
            .mapToObj(
                i -> {
                  if (i == 6000) {
                    most.set(stored().size());
                  }
                  return event("id" + i, clock.instant());
                })
            .iterator();
    assertThat(send(events).getException()).isNull();
    // The earlier chunks were on disk before the last one was read.
    assertThat(most).hasValue(5000);
    assertThat(stored())
        .containsExactlyElementsOf(IntStream.range(0, 6001).mapToObj(i -> "id" + i).toList());
  }

  @Test
  void whoSendsAgainGoesOnWithThePieceThatFailed() throws Exception {
    AtomicInteger failures = new AtomicInteger();
    start(
        new RouteBuilder() {
          @Override
          public void configure() {
            errorHandler(
                defaultErrorHandler()
                    .maximumRedeliveries(3)
                    .redeliveryDelay(0)
                    .onExceptionOccurred(
                        exchange -> {
                          failures.incrementAndGet();
                          update("DROP TRIGGER IF EXISTS refuse");
                        }));
            from("direct:in").to("outbox:orders");
          }
        });
    camel.getEndpoint("outbox:orders", OutboxEndpoint.class).outbox();
    update(
        "CREATE TRIGGER refuse BEFORE INSERT ON outbox WHEN NEW.message_id = 'id2600'"
            + " BEGIN SELECT RAISE(ABORT, 'refused'); END");
    List<OutboxEvent> events =
        IntStream.range(0, 3000).mapToObj(i -> event("id" + i, clock.instant())).toList();
    Exchange sent = camel.createFluentProducerTemplate().to("direct:in").withBody(events).send();
    assertThat(sent.getException()).isNull();
    assertThat(failures).hasValue(1);
    // De-duplication is off, so an event that is stored twice is found twice.
    assertThat(stored())
        .containsExactlyElementsOf(IntStream.range(0, 3000).mapToObj(i -> "id" + i).toList());
  }

  private void update(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url());
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(sql);
    }
  }

  @Test
  void anotherBodyAfterAFailureIsStoredAsItIs() throws Exception {
    start(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:in")
                .doTry()
                .to("outbox:orders")
                .doCatch(Exception.class)
                .setBody(constant("instead"))
                .to("outbox:failures")
                .end();
          }
        });
    camel.getEndpoint("outbox:orders", OutboxEndpoint.class).outbox();
    update(
        "CREATE TRIGGER refuse BEFORE INSERT ON outbox WHEN NEW.destination = 'orders'"
            + " BEGIN SELECT RAISE(ABORT, 'refused'); END");
    camel.createFluentProducerTemplate().to("direct:in").withBody("first").send();
    assertThat(stored()).containsExactly("instead");
  }

  @Test
  void whatCannotBeStoredFailsItsExchange() throws Exception {
    start();
    assertThat(send(List.of(event("a", clock.instant()), "text")).getException())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected a list of events, found one of java.lang.String");
    assertThat(send(null).getException())
        .isInstanceOf(org.apache.camel.InvalidPayloadException.class);
    assertThat(stored()).isEmpty();
  }

  /** An iterator that has failed might continue after a gap if it were read further. */
  @Test
  void nothingBehindAGapIsStored() throws Exception {
    start();
    append("first");
    for (Throwable failure :
        List.of(new IllegalStateException("gap"), new StackOverflowError("gap"))) {
      Iterator<Object> events =
          new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
              return next < 5_000;
            }

            @Override
            public Object next() {
              if (++next == 3_000) {
                if (failure instanceof Error error) {
                  throw error;
                }
                throw (RuntimeException) failure;
              }
              return event(failure.getClass().getSimpleName() + next, clock.instant());
            }
          };
      int before = stored().size();
      Exchange exchange =
          camel.createFluentProducerTemplate().to("outbox:orders").withBody(events).send();
      for (int i = 0; i < 3; i++) {
        assertThat(exchange.getException(failure.getClass())).isSameAs(failure);
        assertThat(stored()).hasSize(before + 2_999);
        // The step is repeated, as an error handler would do.
        exchange.setException(null);
        camel.createProducerTemplate().send("outbox:orders", exchange);
      }
    }
  }

  @Test
  void whatHasNotBeenReadIsRefusedWhereOnlyEventsAre() throws Exception {
    start();
    String uri = "outbox:orders?eventsOnly=true";
    OutboxEvent unread = new OutboxEvent("a", "", clock.instant(), new byte[] {1});
    for (Object body :
        List.of("text", new byte[] {1}, new ArrayList<>(), List.of("text"), unread)) {
      assertThat(sendTo(uri, body).getException()).isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(sendTo(uri, List.of("text").iterator()).getException())
        .hasMessage("expected a list of events, found one of java.lang.String");
    assertThat(sendTo(uri, List.of(unread)).getException())
        .hasMessage(
            "expected a list of events, found one of io.dromedary.outbox.store.OutboxEvent");
    assertThat(sendTo(uri, null).getException())
        .hasMessage("expected events that have been read, found none");
    assertThat(sendTo(uri, "text").getException())
        .hasMessage("expected events that have been read, found a body of java.lang.String");
    assertThat(stored()).isEmpty();

    Event read = new Event("b", EventType.TRACK, clock.instant(), "{}".getBytes(UTF_8));
    sendTo(uri, read);
    assertThat(stored()).containsExactly("{}");
  }

  // The consumer

  @Test
  void noMoreAreInFlightThanIsSaid() throws Exception {
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    start(
        route(
            "outbox:orders?inFlight=4",
            exchange -> {
              most.accumulateAndGet(now.incrementAndGet(), Math::max);
              // Waits until as many exchanges run as may.
              await().atMost(AT_MOST).until(() -> most.get() == 4);
              see(exchange);
              now.decrementAndGet();
            }));
    append(IntStream.range(0, 100).mapToObj(i -> "e" + i).toArray(String[]::new));
    awaitEmpty();
    assertThat(most).hasValue(4);
    assertThat(seen).hasSize(100).doesNotHaveDuplicates();
  }

  @Test
  void whatHasFailedIsRetriedAfterItsDelay() throws Exception {
    List<Instant> tried = new CopyOnWriteArrayList<>();
    start(
        route(
            "outbox:orders?retryDelay=30s",
            exchange -> {
              tried.add(clock.instant());
              if (tried.size() < 3) {
                throw new IllegalStateException("not yet");
              }
            }));
    Instant begin = clock.instant();
    append("one");
    for (int i = 1; i < 3; i++) {
      int attempts = i;
      await()
          .atMost(AT_MOST)
          .until(
              () ->
                  query("SELECT attempts FROM outbox").equals(List.of(Integer.toString(attempts))));
      clock.advance(Duration.ofSeconds(30));
    }
    awaitEmpty();
    assertThat(tried).containsExactly(begin, begin.plusSeconds(30), begin.plusSeconds(60));
  }

  @Test
  void whatHasFailedForTheWindowIsADeadLetter() throws Exception {
    List<DeadLetter> told = new CopyOnWriteArrayList<>();
    start(
        route(
            "outbox:orders?retryWindow=1h",
            exchange -> {
              throw new IllegalStateException("never");
            }));
    camel.getEndpoint("outbox:orders", OutboxEndpoint.class).outbox().listen(told::add);
    send(event("old", clock.instant().minus(Duration.ofHours(1))));
    send(event("young", clock.instant().minus(Duration.ofMinutes(59))));
    await().atMost(AT_MOST).until(() -> stored().equals(List.of("young")));
    await().atMost(AT_MOST).until(() -> told.size() == 1);
    assertThat(query("SELECT reason || ' ' || message_id || ' ' || detail FROM dead_letter"))
        .containsExactly("expired old java.lang.IllegalStateException: never");
  }

  @Test
  void aRouteThatRollsBackIsRetried() throws Exception {
    start(route("outbox:orders", exchange -> exchange.setRollbackOnly(true)));
    append("one");
    await().atMost(AT_MOST).until(() -> query("SELECT attempts FROM outbox").equals(List.of("1")));
  }

  @Test
  void anErrorIsAFailureLikeAnother() throws Exception {
    AtomicInteger begun = new AtomicInteger();
    start(
        route(
            "outbox:orders?inFlight=1&retryDelay=0s",
            exchange -> {
              if (begun.incrementAndGet() <= 5) {
                throw new LinkageError("no such class");
              }
              see(exchange);
            }));
    append("one");
    awaitEmpty();
    assertThat(seen).containsExactly("one");
  }

  @Test
  void aRouteDecidesWhatBecomesOfAnEvent() throws Exception {
    start(
        route(
            "outbox:orders",
            exchange -> {
              Claim claim = exchange.getProperty(Claim.PROPERTY, Claim.class);
              Instant due = clock.instant().plusSeconds(60);
              String body = exchange.getMessage().getBody(String.class);
              exchange.setProperty(
                  Settlement.PROPERTY,
                  body.equals("park")
                      ? new Settlement.Parked(due, 5, "noted")
                      : body.equals("done") ? Settlement.DONE : new Settlement.Dead(dead(claim)));
              throw new IllegalStateException("does not matter");
            }));
    append("park", "done", "die");
    await().atMost(AT_MOST).until(() -> stored().equals(List.of("park")));
    await()
        .atMost(AT_MOST)
        .until(() -> query("SELECT attempts || progress FROM outbox").equals(List.of("5noted")));
    assertThat(query("SELECT CAST(body AS TEXT) FROM dead_letter")).containsExactly("die");
  }

  private DeadLetter dead(Claim claim) {
    return new DeadLetter(
        claim.id(),
        claim.destination(),
        claim.event(),
        DeadLetter.Reason.REJECTED,
        "no",
        null,
        null,
        null,
        clock.instant(),
        null);
  }

  /** An aggregation strategy that hands events over, as it must. */
  private static Exchange gather(@Nullable Exchange batch, Exchange exchange) {
    String body = exchange.getMessage().getBody(String.class);
    Exchange into = batch == null ? new DefaultExchange(exchange.getContext()) : batch;
    into.getMessage()
        .setBody((batch == null ? "" : into.getMessage().getBody(String.class)) + body);
    exchange.getProperty(Claim.PROPERTY, Claim.class).handOver(into);
    return into;
  }

  @Test
  void anAggregatedEventIsDoneWhenItsBatchIs() throws Exception {
    Semaphore batches = new Semaphore(0);
    start(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("outbox:orders?inFlight=10")
                .aggregate(constant(true), OutboxComponentTest::gather)
                .completionSize(3)
                .process(
                    exchange -> {
                      seen.add(exchange.getMessage().getBody(String.class));
                      acquire(batches);
                    });
          }
        });
    append("a", "b", "c");
    await().atMost(AT_MOST).until(() -> seen.size() == 1);
    assertThat(stored()).containsExactly("a", "b", "c");
    batches.release();
    awaitEmpty();
    // Several threads process the events, in any order.
    assertThat(seen).singleElement(as(STRING)).hasSize(3).contains("a", "b", "c");
  }

  @Test
  void aLimitOfZeroPauses() throws Exception {
    AtomicInteger limit = new AtomicInteger();
    camel.getRegistry().bind("most", (IntSupplier) limit::get);
    start(route("outbox:orders?limit=#bean:most", this::see));
    append("one", "two");
    assertThat(seen).isEmpty();
    limit.set(1);
    awaitEmpty();
    assertThat(seen).containsExactlyInAnyOrder("one", "two");
  }

  @Test
  void aLimitThatFailsPausesUntilItWorksAgain() throws Exception {
    AtomicInteger failures = new AtomicInteger(20);
    camel
        .getRegistry()
        .bind(
            "most",
            (IntSupplier)
                () -> {
                  if (failures.getAndDecrement() > 0) {
                    throw new IllegalStateException("not now");
                  }
                  return 5;
                });
    start(route("outbox:orders?limit=#bean:most", this::see));
    append("one");
    awaitEmpty();
    assertThat(seen).containsExactly("one");
  }

  @Test
  void anErrorOutOfTheLimitStopsNothingForGoodAndHealthTellsOfIt() throws Exception {
    AtomicBoolean fails = new AtomicBoolean(true);
    IntSupplier most =
        () -> {
          if (fails.get()) {
            throw new NoClassDefFoundError("com/example/Limit");
          }
          return 5;
        };
    camel.getRegistry().bind("most", most);
    start(route("outbox:orders?limit=#bean:most", this::see));
    append("one");
    Outbox outbox = camel.getEndpoint("outbox:orders", OutboxEndpoint.class).outbox();
    await()
        .atMost(AT_MOST)
        .until(
            () ->
                outbox
                    .idle()
                    .equals(
                        List.of(
                            "the limit of destination orders fails:"
                                + " java.lang.NoClassDefFoundError: com/example/Limit")));
    assertThat(stored()).containsExactly("one");

    fails.set(false);
    awaitEmpty();
    append("two");
    awaitEmpty();
    assertThat(seen).containsExactly("one", "two");
    assertThat(outbox.idle()).isEmpty();
  }

  /** The executor fails as the JVM does if the system has no more threads. */
  @Test
  void anEventThatNoThreadCanBeMadeForIsGivenBackAndKeepsNoRoom() throws Exception {
    AtomicInteger refused = new AtomicInteger();
    ExecutorService threads =
        new ThreadPoolExecutor(1, 1, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>()) {
          @Override
          public void execute(Runnable task) {
            if (refused.incrementAndGet() <= 3) {
              throw new OutOfMemoryError("unable to create native thread");
            }
            super.execute(task);
          }
        };
    camel.getRegistry().bind("threads", threads);
    start(route("outbox:orders?inFlight=1&executorService=#bean:threads", this::see));
    append("one", "two", "three", "four");
    assertThat(send("last").getException()).isNull();
    await()
        .atMost(AT_MOST)
        .until(
            () -> {
              clock.advance(Duration.ofSeconds(1));
              return stored().isEmpty();
            });
    assertThat(seen).containsExactlyInAnyOrder("one", "two", "three", "four", "last");
    threads.shutdown();
  }

  /** The executor has the default rejection policy of Camel's pools. */
  @Test
  void threadsThatHaveTheirCallerRunARouteAreRefused() {
    camel
        .getRegistry()
        .bind("threads", camel.getExecutorServiceManager().newFixedThreadPool(this, "threads", 1));
    assertThatThrownBy(() -> start(route("outbox:orders?executorService=#bean:threads", this::see)))
        .hasMessage(
            "The executorService of outbox:orders has the rejected policy CallerRuns and a bounded"
                + " queue: expected Abort.");
  }

  /** An error while an event is settled must not keep its place. */
  @Test
  void anEventWhoseSettlementFailsComesAgain() throws Exception {
    AtomicInteger failures = new AtomicInteger(2);
    start(
        route(
            "outbox:orders?inFlight=1",
            exchange -> {
              see(exchange);
              if (failures.getAndDecrement() > 0) {
                exchange.setException(
                    new IllegalStateException() {
                      @Override
                      public String getMessage() {
                        throw new OutOfMemoryError("a test");
                      }
                    });
              }
            }));
    append("one", "two");
    await()
        .atMost(AT_MOST)
        .until(
            () -> {
              clock.advance(Duration.ofSeconds(10));
              return stored().isEmpty();
            });
    assertThat(seen).hasSize(4).contains("one", "two");
    // Camel counts the two as in flight for ever, and a stop would wait for them.
    camel.getShutdownStrategy().setTimeout(1);
  }

  @Test
  void idleDestinationsHaveNoThreadsOfTheirOwn() throws Exception {
    start(
        IntStream.range(0, 50)
            .mapToObj(
                i ->
                    new RouteBuilder() {
                      @Override
                      public void configure() {
                        from("outbox:orders" + i).process(OutboxComponentTest.this::see);
                      }
                    })
            .toArray(RouteBuilder[]::new));
    assertThat(send(event("a", clock.instant())).getException()).isNull();
    assertThat(
            Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.contains("poller") || name.contains("orders"))
                .toList())
        .containsExactly("outbox-poller");
  }

  // Stops

  @Test
  void aGracefulStopLetsWhatIsInFlightEndAndGivesTheRestBack() throws Exception {
    CountDownLatch ends = new CountDownLatch(1);
    start(
        route(
            "outbox:orders?inFlight=2",
            exchange -> {
              see(exchange);
              assertThat(ends.await(AT_MOST.toSeconds(), TimeUnit.SECONDS)).isTrue();
            }));
    append("a", "b", "c", "d", "e");
    await().atMost(AT_MOST).until(() -> seen.size() == 2);
    CompletableFuture<Void> stopped = CompletableFuture.runAsync(camel::stop);
    BaseService consumer = (BaseService) camel.getRoute("consume").getConsumer();
    await().atMost(AT_MOST).until(consumer::isSuspended);
    ends.countDown();
    stopped.get(AT_MOST.toSeconds(), TimeUnit.SECONDS);
    assertThat(seen).hasSize(2);
    assertThat(stored()).hasSize(3).doesNotContainAnyElementsOf(seen);
  }

  @Test
  void aSuspendedConsumerTakesNothingAndAResumedOneAll() throws Exception {
    start(route("outbox:orders", this::see));
    append("before");
    awaitEmpty();
    camel.getRouteController().suspendRoute("consume");
    assertThat(camel.getRouteController().getRouteStatus("consume"))
        .isEqualTo(ServiceStatus.Suspended);
    append("meanwhile");
    assertThat(seen).containsExactly("before");
    camel.getRouteController().resumeRoute("consume");
    awaitEmpty();
    assertThat(seen).containsExactly("before", "meanwhile");
  }

  @Test
  void aRouteThatIsStoppedByForceAndStartedAgainHasAllItsRoom() throws Exception {
    CountDownLatch ends = new CountDownLatch(1);
    AtomicInteger begun = new AtomicInteger();
    start(
        route(
            "outbox:orders?inFlight=2",
            exchange -> {
              begun.incrementAndGet();
              boolean unused = ends.await(AT_MOST.toSeconds(), TimeUnit.SECONDS);
              see(exchange);
            }));
    append("a", "b", "c", "d");
    await().atMost(AT_MOST).until(() -> begun.get() == 2);
    camel.getRouteController().stopRoute("consume", 10, TimeUnit.MILLISECONDS);
    camel.getRouteController().startRoute("consume");
    // The events in flight are given back as well, since the stop does not wait for them.
    await().atMost(AT_MOST).until(() -> begun.get() == 4);
    ends.countDown();
    awaitEmpty();
    assertThat(seen).contains("a", "b", "c", "d");
  }

  @Test
  void anotherContextDeliversWhatOneHasLeft() throws Exception {
    AtomicInteger limit = new AtomicInteger();
    camel.getRegistry().bind("most", (IntSupplier) limit::get);
    start(route("outbox:orders?limit=#bean:most", this::see));
    append("one", "two");
    camel.stop();
    assertThat(stored()).containsExactly("one", "two");
    camel = new DefaultCamelContext();
    start(route("outbox:orders", this::see));
    awaitEmpty();
    assertThat(seen).containsExactlyInAnyOrder("one", "two");
  }

  // Refusals

  @Test
  void aNameThatIsNoneIsRefused() throws Exception {
    start();
    assertThatThrownBy(() -> camel.getEndpoint("outbox:a/b"))
        .isInstanceOf(ResolveEndpointFailedException.class)
        .hasRootCauseMessage(
            "The outbox endpoint outbox://a/b names no destination: expected outbox:NAME with a name"
                + " of letters, digits, hyphens and underscores, found \"a/b\".");
  }

  @Test
  void noneInFlightIsRefused() throws Exception {
    start();
    assertThatThrownBy(() -> camel.getEndpoint("outbox:orders?inFlight=0"))
        .isInstanceOf(ResolveEndpointFailedException.class)
        .hasRootCauseMessage("inFlight: found 0, expected 1 or more.");
  }

  @Test
  void aTransactionOfTheHostIsRefusedByAnSqliteFile() throws Exception {
    start();
    SQLiteDataSource dataSource = new SQLiteDataSource();
    dataSource.setUrl(url());
    camel.getRegistry().bind("host", dataSource);
    assertThatThrownBy(
            () ->
                camel.createProducerTemplate().sendBody("outbox:orders?dataSource=#host", "lost?"))
        .hasRootCauseMessage(
            "The endpoint outbox:orders has a dataSource, and webhooks.outbox.url is "
                + url()
                + ": expected jdbc:postgresql:…, since an SQLite file has one writer, which is"
                + " Dromedary's own.");
    assertThat(stored()).isEmpty();
  }

  @Test
  void aSecondConsumerOfADestinationIsRefused() throws Exception {
    assertThatThrownBy(
            () ->
                start(
                    route("outbox:orders", this::see),
                    new RouteBuilder() {
                      @Override
                      public void configure() {
                        from("outbox:orders?inFlight=3").log("never");
                      }
                    }))
        .hasMessage("The outbox's destination orders has a consumer: expected one a context.");
  }
}
