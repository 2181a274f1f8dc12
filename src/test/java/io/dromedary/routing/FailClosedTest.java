package io.dromedary.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class FailClosedTest {

  private final List<Object> wentOn = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(
      classes = {
        OutOfMemoryError.class,
        StackOverflowError.class,
        NoClassDefFoundError.class,
        AssertionError.class,
        IllegalStateException.class,
        InterruptedException.class
      })
  void failsWhateverIsThrown(Class<? extends Throwable> thrown) throws Exception {
    Exchange failed = sendTwo(of(exchange -> raise(exchange, thrown)));

    assertThat(failed.getException(thrown)).isNotNull();
    assertThat(wentOn).containsExactly("good");
  }

  @Test
  void threadStaysInterrupted() throws Exception {
    try (DefaultCamelContext camel = new DefaultCamelContext()) {
      Exchange exchange = new DefaultExchange(camel);
      boolean isDone =
          of(any -> {
                throw new InterruptedException();
              })
              .process(exchange, done -> {});

      assertThat(isDone).isTrue();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(exchange.getException()).isInstanceOf(InterruptedException.class);
    }
  }

  @Test
  void bodyIsGoneAfterAnError() throws Exception {
    Exchange failed = sendTwo(of(exchange -> raise(exchange, OutOfMemoryError.class)));

    assertThat(failed.getMessage().getBody()).isNull();
  }

  @Test
  void bodyIsKeptAfterAnException() throws Exception {
    Exchange failed = sendTwo(of(exchange -> raise(exchange, IllegalStateException.class)));

    assertThat(failed.getMessage().getBody()).isEqualTo("bad");
  }

  private static FailClosed of(Processor processor) {
    return new FailClosed() {
      @Override
      protected void run(Exchange exchange) throws Exception {
        processor.process(exchange);
      }
    };
  }

  private static void raise(Exchange exchange, Class<? extends Throwable> thrown) throws Exception {
    if (exchange.getMessage().getBody().equals("bad")) {
      Throwable instance = thrown.getConstructor().newInstance();
      if (instance instanceof Exception e) {
        throw e;
      }
      throw (Error) instance;
    }
  }

  /** Sends a bad message and then a good one, on the same thread. */
  private Exchange sendTwo(Processor step) throws Exception {
    try (DefaultCamelContext camel = new DefaultCamelContext()) {
      camel.addRoutes(
          new RouteBuilder() {
            @Override
            public void configure() {
              from("direct:in")
                  .process(step)
                  .process(exchange -> wentOn.add(exchange.getMessage().getBody()));
            }
          });
      camel.start();
      ProducerTemplate producer = camel.createProducerTemplate();
      Exchange bad = producer.send("direct:in", exchange -> exchange.getMessage().setBody("bad"));
      producer.sendBody("direct:in", "good");
      return bad;
    }
  }
}
