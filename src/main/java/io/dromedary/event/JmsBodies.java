package io.dromedary.event;

import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.ObjectMessage;
import org.apache.camel.component.jms.JmsBinding;
import org.springframework.jms.support.converter.SimpleMessageConverter;

/**
 * What the messages of JMS and AMQP hold, as Camel would take it out of them, but never an object:
 * to read one runs code of the classes that its sender has chosen, and no check of what has come of
 * it is early enough. It becomes a dead letter unread. Named in URIs, see {@code InboundOptions}.
 * Thread-safe.
 */
public final class JmsBodies extends SimpleMessageConverter {

  private final JmsBinding binding = new JmsBinding();

  @Override
  public Object fromMessage(Message message) throws JMSException {
    if (message instanceof ObjectMessage) {
      return RejectedEvent.unreadable(
          0,
          "expected a message with text, bytes or a map, found one with a Java object, which is"
              + " never read: that would run code of its sender's choice",
          new byte[0]);
    }
    return binding.extractBodyFromJms(null, message);
  }
}
