package io.dromedary.inbound;

import io.dromedary.event.RejectedEvent;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.ObjectMessage;
import org.apache.camel.component.jms.JmsBinding;
import org.springframework.jms.support.converter.SimpleMessageConverter;

/**
 * Extracts the bodies of JMS and AMQP messages as Camel does, except for Java objects. To
 * deserialize an object runs code of classes that its sender has chosen, and a check of the result
 * would come too late. Such a message becomes a dead letter without being read. {@code
 * InboundOptions} adds this converter to the URIs of inbounds. Thread-safe.
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
