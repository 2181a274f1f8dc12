package io.dromedary.settings;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The options by which a source hears that its message was taken only when it is stored. The
 * defaults of some components say so before, and a crash in between would lose the message.
 */
final class InboundOptions {

  /**
   * The session is committed after the route: until then the broker keeps the message. A body that
   * cannot be read, such as an object of a class that is not here, is replaced by a text that says
   * so, and a reply that cannot be sent is none: either would have the message come again for ever.
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

  private static final Map<String, List<String>> BY_SCHEME =
      Map.of("activemq", JMS, "activemq6", JMS, "amqp", JMS, "jms", JMS, "kafka", KAFKA);

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

  private InboundOptions() {}

  /** The URI, and those options of its component that it does not have. */
  static String complete(String uri) {
    List<String> options = BY_SCHEME.getOrDefault(Settings.scheme(uri), List.of());
    Set<String> own =
        Arrays.stream(uri.split("[?&]"))
            .skip(1)
            .map(InboundOptions::name)
            .collect(Collectors.toSet());
    if (own.stream().anyMatch(DECISIVE::contains)) {
      return uri;
    }
    String added =
        options.stream()
            .filter(option -> !own.contains(name(option)))
            .collect(Collectors.joining("&"));
    return added.isEmpty() ? uri : uri + (uri.contains("?") ? "&" : "?") + added;
  }

  private static String name(String option) {
    return option.replaceFirst("=.*", "");
  }
}
