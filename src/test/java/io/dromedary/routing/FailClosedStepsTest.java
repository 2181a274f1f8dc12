package io.dromedary.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.language.ConstantExpression;
import org.apache.camel.support.AsyncProcessorSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class FailClosedStepsTest {

  private final List<String> wentOn = new CopyOnWriteArrayList<>();

  private interface Steps {
    void addTo(RouteDefinition route);
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        OutOfMemoryError.class,
        StackOverflowError.class,
        NoClassDefFoundError.class,
        IllegalStateException.class,
        InterruptedException.class
      })
  void failsWhateverIsThrown(Class<? extends Throwable> thrown) throws Exception {
    Exchange failed = sendTwo(route -> route.process(exchange -> raise(exchange, thrown)));

    assertThat(failed.getException(thrown)).isNotNull();
    assertThat(wentOn).containsExactly("good");
  }

  @Test
  void failsBehindAnAsynchronousStep() throws Exception {
    Exchange failed =
        sendTwo(
            route -> route.threads(1).process(exchange -> raise(exchange, OutOfMemoryError.class)));

    assertThat(failed.getException(OutOfMemoryError.class)).isNotNull();
    assertThat(wentOn).containsExactly("good");
  }

  @Test
  void failsInAChoice() throws Exception {
    Exchange failed =
        sendTwo(
            route ->
                route
                    .threads(1)
                    .choice()
                    .when(
                        exchange -> {
                          raise(exchange, OutOfMemoryError.class);
                          return true;
                        })
                    .log("chosen")
                    .end());

    assertThat(failed.getException(OutOfMemoryError.class)).isNotNull();
    assertThat(wentOn).containsExactly("good");
  }

  @Test
  void failsInAnAggregation() throws Exception {
    Exchange failed =
        sendTwo(
            route ->
                route
                    .threads(1)
                    .aggregate(
                        new ConstantExpression("all"),
                        (before, next) -> {
                          raise(next, OutOfMemoryError.class);
                          return next;
                        })
                    .completionSize(1)
                    .log("gathered")
                    .end());

    assertThat(failed.getException(OutOfMemoryError.class)).isNotNull();
    assertThat(wentOn).containsExactly("good");
  }

  @Test
  void goesOnOnceIfAnAsynchronousStepThrowsAndIsDone() throws Exception {
    AsyncCallback[] late = {null};
    Exchange failed =
        sendTwo(
            route ->
                route.process(
                    new AsyncProcessorSupport() {
                      @Override
                      public boolean process(Exchange exchange, AsyncCallback callback) {
                        if (late[0] == null) {
                          late[0] = callback;
                          raise(exchange, OutOfMemoryError.class);
                        }
                        callback.done(false);
                        late[0].done(false);
                        return false;
                      }
                    }));

    assertThat(failed.getException(OutOfMemoryError.class)).isNotNull();
    assertThat(wentOn).containsExactly("good");
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T extends Throwable> void raise(
      Exchange exchange, Class<? extends Throwable> thrown) throws T {
    if ("bad".equals(exchange.getMessage().getBody())) {
      try {
        throw (T) thrown.getConstructor().newInstance();
      } catch (ReflectiveOperationException e) {
        throw new IllegalArgumentException(e);
      }
    }
  }

  /** Sends a bad message and then a good one. */
  private Exchange sendTwo(Steps steps) throws Exception {
    try (DefaultCamelContext camel = new DefaultCamelContext()) {
      FailClosedSteps.in(camel);
      camel.addRoutes(
          new RouteBuilder() {
            @Override
            public void configure() {
              RouteDefinition route = from("direct:in").routeId("dromedary-test");
              route.errorHandler(noErrorHandler());
              steps.addTo(route);
              route.process(exchange -> wentOn.add(exchange.getMessage().getBody(String.class)));
            }
          });
      camel.start();
      var producer = camel.createProducerTemplate();
      Exchange bad =
          producer
              .asyncSend("direct:in", exchange -> exchange.getMessage().setBody("bad"))
              .get(5, TimeUnit.SECONDS);
      producer
          .asyncSend("direct:in", exchange -> exchange.getMessage().setBody("good"))
          .get(5, TimeUnit.SECONDS);
      return bad;
    }
  }
}
