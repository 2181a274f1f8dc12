package io.dromedary.testing;

import io.dromedary.Application;
import jakarta.jms.JMSContext;
import jakarta.jms.Message;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.function.Function;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.apache.kafka.common.utils.Utils;

/**
 * A real Artemis broker in this JVM, which speaks its own protocol and AMQP. All tests share it:
 * each has queues of its own.
 */
public final class JmsBroker {

  private static final class Shared {
    static final JmsBroker BROKER = new JmsBroker();
  }

  private final int port = Application.freePort();
  private final EmbeddedActiveMQ server = new EmbeddedActiveMQ();
  private final ActiveMQConnectionFactory factory;

  private JmsBroker() {
    File folder = folder();
    try {
      server.setConfiguration(configuration(folder));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    start();
    factory = new ActiveMQConnectionFactory(url());
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  factory.close();
                  stop();
                  delete(folder);
                }));
  }

  /** The broker, which the first call starts and the end of the JVM stops. */
  public static JmsBroker shared() {
    return Shared.BROKER;
  }

  private Configuration configuration(File folder) throws Exception {
    ConfigurationImpl configuration = new ConfigurationImpl();
    configuration.setBrokerInstance(folder);
    configuration
        .setJournalType(JournalType.NIO)
        // What a test sends need not survive the machine.
        .setJournalSyncNonTransactional(false)
        .setJournalSyncTransactional(false)
        .setJournalFileSize(1 << 20)
        .setSecurityEnabled(false)
        .setJMXManagementEnabled(false)
        .addAcceptorConfiguration("all", "tcp://127.0.0.1:" + port + "?protocols=CORE,AMQP");
    return configuration;
  }

  /** Starts it again, with what was in its queues. */
  public void start() {
    try {
      server.start();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  public void stop() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static File folder() {
    try {
      return Files.createTempDirectory("artemis").toFile();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(File folder) {
    try {
      Utils.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where clients of its own protocol find it. */
  public String url() {
    return "tcp://127.0.0.1:" + port;
  }

  /** Where clients that speak AMQP find it. */
  public String amqpUrl() {
    return "amqp://127.0.0.1:" + port;
  }

  /** Sends a message to a queue, which need not be there. */
  public void send(String queue, Function<JMSContext, Message> message) {
    try (JMSContext context = factory.createContext()) {
      context.createProducer().send(context.createQueue(queue), message.apply(context));
    }
  }

  public void send(String queue, String text) {
    send(queue, context -> context.createTextMessage(text));
  }

  /** How many messages of a queue are not acknowledged, with those that a client has. */
  public long count(String queue) {
    Queue found = server.getActiveMQServer().locateQueue(SimpleString.of(queue));
    return found == null ? 0 : found.getMessageCount();
  }
}
