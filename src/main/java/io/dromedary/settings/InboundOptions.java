package io.dromedary.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Adds options to the URIs of inbounds that make them safe. A message is acknowledged only after
 * its events are stored; by default some components acknowledge it earlier, and a crash in between
 * would lose it. And no message can run code; by default some components deserialize Java objects.
 */
final class InboundOptions {

  /** Java objects are never deserialized. */
  private static final String NO_OBJECTS = "messageConverter=#class:io.dromedary.inbound.JmsBodies";

  /**
   * The session is committed after the route, and until then the broker keeps the message. A body
   * that cannot be read is replaced by a text that says so, and no reply is sent. A failure of
   * either would make the broker redeliver the message for ever.
   */
  private static final List<String> JMS =
      List.of(
          "transacted=true",
          "lazyCreateTransactionManager=false",
          "eagerLoadingOfProperties=true",
          "disableReplyTo=true");

  /**
   * Offsets are committed only for records whose route is done, and other records are read again.
   * Without any one of these options, records can be lost or no offset is ever committed.
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
   * The records of a poll are handed over as one message, which is stored in one transaction. By
   * default, a poll of fewer records would wait five seconds for others. A batch without {@code
   * maxPollRecords} fails with a NullPointerException in the consumer.
   */
  private static final List<String> KAFKA_BATCHES =
      List.of("batching=true", "maxPollRecords=500", "pollTimeoutMs=20", "batchingIntervalMs=20");

  /**
   * Bodies are handed on unchanged, as a stream of bounded length, and the route answers CORS
   * preflight requests. The option with the bean for raw bodies is added later.
   */
  private static final List<String> JETTY =
      List.of(
          "disableStreamCache=true",
          "bridgeEndpoint=true",
          "optionsEnabled=true",
          "enableMultipartFilter=false");

  private static final List<String> UNDERTOW = List.of("useStreaming=true", "optionsEnabled=true");

  /** Netty bounds a body to 1 MiB by default. */
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

  /** The option of a server for the bean that hands on bodies unchanged. */
  private static final Map<String, String> RAW_BODIES =
      Map.of("jetty", "httpBinding", "undertow", "handlers");

  /** If a URI has one of these options, its author decides when messages are acknowledged. */
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

  /** Returns the inbound's URI with the options that it does not set itself. */
  static String complete(Inbound inbound) {
    String bean = RAW_BODIES.get(inbound.scheme());
    String completed = complete(inbound.uri());
    return bean == null
        ? completed
        : UriOptions.with(completed, List.of(bean + "=#" + inbound.rawBodies()));
  }

  private static String complete(String uri) {
    String scheme = EndpointUri.scheme(uri);
    List<String> options = new ArrayList<>(BY_SCHEME.getOrDefault(scheme, List.of()));
    Set<String> own = UriOptions.names(uri);
    if (own.stream().anyMatch(DECISIVE::contains)) {
      return withoutObjects(uri);
    }
    // Other values than text are marshalled by the route, which handles one message at a time.
    boolean isText =
        !own.contains("valueDeserializer")
            && UriOptions.of(uri).noneMatch("batching=false"::equals);
    if (scheme.equals("kafka") && isText) {
      options.addAll(KAFKA_BATCHES);
    }
    return withoutObjects(UriOptions.with(uri, options));
  }

  /**
   * Returns the URI with an option so that the endpoint deserializes no Java objects, in messages
   * or in replies. A URI with a converter or a message type of its own is returned as it is.
   */
  static String withoutObjects(String uri) {
    boolean isJms = BY_SCHEME.get(EndpointUri.scheme(uri)) == JMS;
    boolean isDecided = UriOptions.names(uri).stream().anyMatch(CONVERTING::contains);
    return isJms && !isDecided ? UriOptions.with(uri, List.of(NO_OBJECTS)) : uri;
  }

  /**
   * Returns whether the consumer's thread has to wait until a message is stored. Kafka's consumer
   * waits anyway, and only its thread may commit offsets.
   */
  static boolean threadWaits(String uri) {
    return EndpointUri.scheme(uri).equals("kafka");
  }
}
