package io.dromedary.outbox;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.apache.camel.AsyncEndpoint;
import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.api.management.ManagedAttribute;
import org.apache.camel.api.management.ManagedResource;
import org.apache.camel.spi.BrowsableEndpoint;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.camel.spi.UriPath;
import org.apache.camel.support.DefaultEndpoint;
import org.apache.camel.support.SynchronousDelegateProducer;
import org.jspecify.annotations.Nullable;

/**
 * Keep events in a database until they have been delivered.
 *
 * <p>The producer completes when what it was given is on disk, or with {@code dataSource} is part
 * of the caller's transaction. The consumer hands events on, many at once, and settles each when
 * its exchange is done: one that has failed is due again after {@code retryDelay}, until {@code
 * retryWindow} after its acceptance, and is a dead letter then. A route decides otherwise by the
 * exchange property {@link Settlement#PROPERTY}.
 */
@UriEndpoint(
    firstVersion = "0.1.0",
    scheme = "outbox",
    title = "Outbox",
    syntax = "outbox:name",
    headersClass = OutboxEndpoint.class,
    category = {Category.DATABASE, Category.MESSAGING})
@ManagedResource(description = "A destination of the outbox")
public final class OutboxEndpoint extends DefaultEndpoint
    implements AsyncEndpoint, BrowsableEndpoint {

  /** The header with the id of an event. The producer heeds it of bodies that are no events. */
  @Metadata(
      javaType = "String",
      description =
          "The id of the event, by which it is known when it is sent again. The producer's default is"
              + " the id of the exchange.")
  public static final String MESSAGE_ID = "DromedaryMessageId";

  /** The header with the type of an event. The producer heeds it of bodies that are no events. */
  @Metadata(
      javaType = "String",
      description = "What kind of event it is. The producer's default is none.")
  public static final String TYPE = "DromedaryType";

  @UriPath(description = "The destination, which has a part of the store of its own.")
  @Metadata(required = true)
  private final String name;

  @UriParam(
      label = "producer",
      description =
          "Events are stored on its connections, in the transaction of the calling thread, if there"
              + " is one. It has to be of the PostgreSQL database of webhooks.outbox.url, and to know"
              + " of the host's transactions. The default is a connection of the outbox's own.")
  private @Nullable DataSource dataSource;

  @UriParam(
      label = "producer",
      description =
          "Whether an event that Dromedary has read is stored for all the destinations that take its"
              + " type and its source, in one transaction, and not for the one that is named here.")
  private boolean toChosen;

  @UriParam(
      label = "producer",
      description =
          "Whether only events that Dromedary has read are stored, and any other body is refused. The"
              + " default is that whatever can be converted to bytes is stored as one event.")
  private boolean eventsOnly;

  @UriParam(
      label = "producer,advanced",
      description =
          "Whether the thread that stores waits for the commit and goes on with the route, as a source"
              + " needs it whose client belongs to one thread. The default is that another goes on.")
  private boolean synchronous;

  @UriParam(
      label = "consumer",
      defaultValue = "256",
      description = "How many events may be in flight at once.")
  private int inFlight = 256;

  @UriParam(
      label = "consumer,advanced",
      description =
          "How many events exchanges may carry at the moment, asked before more are taken: 0 pauses"
              + " the consumer, and more than inFlight is for those that take no room, up to twice as"
              + " many. The default is inFlight.")
  private @Nullable IntSupplier limit;

  @UriParam(
      label = "consumer,advanced",
      description =
          "Runs the exchanges, and must not let its caller wait. The default is a pool of as many"
              + " threads as may be in flight.")
  private @Nullable ExecutorService executorService;

  @UriParam(
      label = "consumer",
      defaultValue = "1m",
      javaType = "java.time.Duration",
      description = "When an event whose exchange has failed is due again.")
  private Duration retryDelay = Duration.ofMinutes(1);

  @UriParam(
      label = "consumer",
      defaultValue = "4h",
      javaType = "java.time.Duration",
      description = "How long after its acceptance an event whose exchange has failed is retried.")
  private Duration retryWindow = Duration.ofHours(4);

  @UriParam(
      label = "advanced",
      defaultValue = "100",
      description =
          "How many of the oldest pending events Camel's tools see when they browse the endpoint; 0"
              + " and more than 1000 is 1000.")
  private int browseLimit = 100;

  OutboxEndpoint(String uri, OutboxComponent component, String name) {
    super(uri, component);
    this.name = name;
  }

  @Override
  public Producer createProducer() {
    OutboxProducer producer = new OutboxProducer(this);
    return isSynchronous() ? new SynchronousDelegateProducer(producer) : producer;
  }

  @Override
  public Consumer createConsumer(Processor processor) throws Exception {
    OutboxConsumer consumer = new OutboxConsumer(this, processor);
    configureConsumer(consumer);
    return consumer;
  }

  /** The oldest pending events, as copies. It waits for the store, which no commit does for it. */
  @Override
  public List<Exchange> getExchanges() {
    return BrowsedEvents.of(this, browseLimit);
  }

  @Override
  public int getBrowseLimit() {
    return browseLimit;
  }

  @Override
  public void setBrowseLimit(int browseLimit) {
    this.browseLimit = browseLimit;
  }

  @ManagedAttribute(
      description =
          "Events that are not done, of which no more than 100000 are counted; NaN if not known")
  public double getPendingEvents() {
    return figures().events();
  }

  @ManagedAttribute(
      description = "How many seconds the event has been due that nobody takes, for longest")
  public double getOverdueSeconds() {
    return figures().overdueMillis() / 1000;
  }

  @ManagedAttribute(description = "Events that have become dead letters since the start")
  public long getDeadLetters() {
    return Stream.of(DeadLetter.Reason.values())
        .mapToLong(reason -> outbox().counts().dead(name, reason).sum())
        .sum();
  }

  private StoreFigures.Figures figures() {
    return outbox().figures().of(name);
  }

  Outbox outbox() {
    return ((OutboxComponent) getComponent()).outbox();
  }

  public String getName() {
    return name;
  }

  public boolean isToChosen() {
    return toChosen;
  }

  public void setToChosen(boolean toChosen) {
    this.toChosen = toChosen;
  }

  public boolean isEventsOnly() {
    return eventsOnly;
  }

  public void setEventsOnly(boolean eventsOnly) {
    this.eventsOnly = eventsOnly;
  }

  public boolean isSynchronous() {
    return synchronous;
  }

  public void setSynchronous(boolean synchronous) {
    this.synchronous = synchronous;
  }

  public @Nullable DataSource getDataSource() {
    return dataSource;
  }

  public void setDataSource(@Nullable DataSource dataSource) {
    this.dataSource = dataSource;
  }

  public int getInFlight() {
    return inFlight;
  }

  public void setInFlight(int inFlight) {
    if (inFlight < 1) {
      throw new IllegalArgumentException("inFlight: found " + inFlight + ", expected 1 or more.");
    }
    this.inFlight = inFlight;
  }

  public @Nullable IntSupplier getLimit() {
    return limit;
  }

  public void setLimit(@Nullable IntSupplier limit) {
    this.limit = limit;
  }

  public @Nullable ExecutorService getExecutorService() {
    return executorService;
  }

  public void setExecutorService(@Nullable ExecutorService executorService) {
    this.executorService = executorService;
  }

  public Duration getRetryDelay() {
    return retryDelay;
  }

  public void setRetryDelay(Duration retryDelay) {
    this.retryDelay = retryDelay;
  }

  public Duration getRetryWindow() {
    return retryWindow;
  }

  public void setRetryWindow(Duration retryWindow) {
    this.retryWindow = retryWindow;
  }
}
