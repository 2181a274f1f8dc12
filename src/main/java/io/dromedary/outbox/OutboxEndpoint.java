package io.dromedary.outbox;

import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.store.StoreFigures;
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
 * <p>The producer completes when the events are on disk or, with {@code dataSource}, are part of
 * the caller's transaction. The consumer processes many events at once, and settles each when its
 * exchange is done. If the exchange has failed, the event is due again after {@code retryDelay}, or
 * becomes a dead letter once {@code retryWindow} has passed since its acceptance. A route can
 * choose another settlement by the exchange property {@link Settlement#PROPERTY}.
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

  /** The header with the id of an event. The producer reads it if the body is not an event. */
  @Metadata(
      javaType = "String",
      description =
          "The id of the event, by which a repeated event is recognized. The producer's default is"
              + " the id of the exchange.")
  public static final String MESSAGE_ID = "DromedaryMessageId";

  /** The header with the type of an event. The producer reads it if the body is not an event. */
  @Metadata(
      javaType = "String",
      description = "The type of the event. The producer's default is none.")
  public static final String TYPE = "DromedaryType";

  @UriPath(description = "The destination. Each has its own part of the store.")
  @Metadata(required = true)
  private final String name;

  @UriParam(
      label = "producer",
      description =
          "Stores events on connections of this data source, in the transaction of the calling"
              + " thread if there is one. It must connect to the PostgreSQL database of"
              + " webhooks.outbox.url and take part in the host's transactions. The default is the"
              + " outbox's own connection.")
  private @Nullable DataSource dataSource;

  @UriParam(
      label = "producer",
      description =
          "Whether an event that Dromedary has read is stored for all destinations that take its"
              + " type and source, in one transaction, instead of the destination named here.")
  private boolean toChosen;

  @UriParam(
      label = "producer",
      description =
          "Whether only events that Dromedary has read are stored, and any other body is refused."
              + " By default, a body that can be converted to bytes is stored as one event.")
  private boolean eventsOnly;

  @UriParam(
      label = "producer,advanced",
      description =
          "Whether the calling thread waits for the commit and then continues the route, for"
              + " sources whose client belongs to one thread. By default another thread continues.")
  private boolean synchronous;

  @UriParam(
      label = "consumer",
      defaultValue = "256",
      description = "How many events may be in flight at once.")
  private int inFlight = 256;

  @UriParam(
      label = "consumer,advanced",
      description =
          "Supplies how many exchanges may run at the moment. It is called before more events are"
              + " taken; 0 pauses the consumer. It may be up to twice inFlight, to make up for"
              + " exchanges that hang. The default is inFlight.")
  private @Nullable IntSupplier limit;

  @UriParam(
      label = "consumer,advanced",
      description =
          "Runs the exchanges. It must not block its caller. The default is a pool of inFlight"
              + " threads.")
  private @Nullable ExecutorService executorService;

  @UriParam(
      label = "consumer",
      defaultValue = "1m",
      javaType = "java.time.Duration",
      description = "After how long an event whose exchange has failed is due again.")
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
              + " and numbers above 1000 mean 1000.")
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

  /** Returns copies of the oldest pending events. Waits for the store, but delays no commit. */
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
          "Pending events, of which no more than 100000 are counted; NaN if the number is unknown")
  public double getPendingEvents() {
    return figures().events();
  }

  @ManagedAttribute(
      description = "How many seconds the most overdue event that is not claimed has been due")
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
