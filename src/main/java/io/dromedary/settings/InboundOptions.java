package io.dromedary.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The options by which a source hears that its message was taken only when it is stored, and by
 * which nobody can have code run. The defaults of some components say so before, and a crash in
 * between would lose the message; or they read whatever object a message holds.
 */
final class InboundOptions {

  /** Objects are not read, whoever sends them. */
  private static final String NO_OBJECTS = "messageConverter=#class:io.dromedary.event.JmsBodies";

  /**
   * The session is committed after the route: until then the broker keeps the message. A body that
   * cannot be read is replaced by a text that says so, and a reply that cannot be sent is none:
   * either would have the message come again for ever.
   */
  private static final List<String> JMS =
      List.of(
          "transacted=true",
          "lazyCreateTransactionManager=false",
          "eagerLoadingOfProperties=true",
          "disableReplyTo=true");

  /**
   * The consumer commits the offsets behind what the route has taken, and reads again what it has
   * not. Without any one of these, records can be lost, or none is ever committed.
   */
  private static final List<String> KAFKA =
      List.of(
          "breakOnFirstError=true",
          "autoCommitEnable=false",
          "allowManualCommit=true",
          "pollOnError=RECONNECT",
          "kafkaManualCommitFactory=#class:"
              + "org.apache.camel.component.kafka.consumer.DefaultKafkaManualCommitFactory");

  /**
   * And as many records as there are come as one message, which is stored in one transaction. By
   * default fewer than so many would wait five seconds for others, and a batch without this limit
   * is a NullPointerException in the consumer.
   */
  private static final List<String> KAFKA_BATCHES =
      List.of("batching=true", "maxPollRecords=500", "pollTimeoutMs=20", "batchingIntervalMs=20");

  /**
   * Bodies are handed on as they came, as a stream that can be read so far and no further, and the
   * question of a browser is answered by the route. The bean's name follows.
   */
  private static final List<String> JETTY =
      List.of(
          "disableStreamCache=true",
          "bridgeEndpoint=true",
          "optionsEnabled=true",
          "enableMultipartFilter=false");

  private static final List<String> UNDERTOW = List.of("useStreaming=true", "optionsEnabled=true");

  /** Netty reads no more than 1 MiB by default. */
  private static final List<String> NETTY =
      List.of("bridgeEndpoint=true", "httpMethodRestrict=GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS");

  private static final Map<String, List<String>> BY_SCHEME =
      Map.of(
          "activemq", JMS,
          "activemq6", JMS,
          "amqp", JMS,
          "jms", JMS,
          "jetty", JETTY,
          "kafka", KAFKA,
          "netty-http", NETTY,
          "undertow", UNDERTOW);

  /** The option of a server that names the bean which hands bodies on. */
  private static final Map<String, String> RAW_BODIES =
      Map.of("jetty", "httpBinding", "undertow", "handlers");

  /** Who names one of these decides by himself when to acknowledge. */
  private static final Set<String> DECISIVE =
      Set.of(
          "transacted",
          "transactionManager",
          "acknowledgementModeName",
          "breakOnFirstError",
          "autoCommitEnable",
          "allowManualCommit",
          "offsetRepository");

  private static final Set<String> CONVERTING = Set.of("messageConverter", "jmsMessageType");

  private InboundOptions() {}

  /** The URI, and those options of its component that it does not have. */
  static String complete(Inbound inbound) {
    String bean = RAW_BODIES.get(inbound.scheme());
    String completed = complete(inbound.uri());
    return bean == null
        ? completed
        : UriOptions.with(completed, List.of(bean + "=#" + inbound.rawBodies()));
  }

  private static String complete(String uri) {
    String scheme = Settings.scheme(uri);
    List<String> options = new ArrayList<>(BY_SCHEME.getOrDefault(scheme, List.of()));
    Set<String> own = UriOptions.names(uri);
    if (own.stream().anyMatch(DECISIVE::contains)) {
      return withoutObjects(uri);
    }
    // What is not text is marshalled by the route, one message at a time.
    boolean isText =
        !own.contains("valueDeserializer")
            && UriOptions.of(uri).noneMatch("batching=false"::equals);
    if (scheme.equals("kafka") && isText) {
      options.addAll(KAFKA_BATCHES);
    }
    return withoutObjects(UriOptions.with(uri, options));
  }

  /**
   * The URI of an endpoint that takes messages or answers, by which it reads no Java objects. Who
   * names a converter, or the type of what is sent, decides by himself.
   */
  static String withoutObjects(String uri) {
    boolean isJms = BY_SCHEME.get(Settings.scheme(uri)) == JMS;
    boolean isDecided = UriOptions.names(uri).stream().anyMatch(CONVERTING::contains);
    return isJms && !isDecided ? UriOptions.with(uri, List.of(NO_OBJECTS)) : uri;
  }

  /**
   * Whether the thread that takes a message is to wait until it is stored: that of Kafka's consumer
   * waits anyway, and is the one to commit the offsets.
   */
  static boolean threadWaits(String uri) {
    return Settings.scheme(uri).equals("kafka");
  }
}
