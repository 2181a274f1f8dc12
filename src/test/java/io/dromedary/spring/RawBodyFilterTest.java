package io.dromedary.spring;

import static io.dromedary.testing.Json.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.support.StaticListableBeanFactory;

/** Tests the answers of Spring's server before Camel's routes have started. */
class RawBodyFilterTest {

  private final CamelContext context = new DefaultCamelContext();
  private final RawBodyFilter filter =
      new RawBodyFilter(
          new StaticListableBeanFactory(Map.of("context", context))
              .getBeanProvider(CamelContext.class),
          List.of("/v1", "/sourceConfig"));

  private final Map<String, String> headers = new HashMap<>();
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private int status;

  @AfterEach
  void stop() {
    context.stop();
  }

  private void send(String path, FilterChain chain) throws Exception {
    HttpServletRequest request =
        stub(
            HttpServletRequest.class,
            (method, args) ->
                switch (method) {
                  case "getRequestURI" -> path;
                  case "getContextPath" -> "";
                  default -> null;
                });
    HttpServletResponse response =
        stub(
            HttpServletResponse.class,
            (method, args) -> {
              switch (method) {
                case "setHeader" -> headers.put((String) args[0], (String) args[1]);
                case "setStatus", "sendError" -> status = (int) args[0];
                case "getOutputStream" -> {
                  return new Output(body);
                }
                default -> {}
              }
              return null;
            });
    filter.doFilter(request, response, chain);
  }

  private interface Answers {
    Object to(String method, Object[] args);
  }

  private static <T> T stub(Class<T> type, Answers answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, args) -> answers.to(method.getName(), args)));
  }

  private static final class Output extends ServletOutputStream {

    private final ByteArrayOutputStream to;

    Output(ByteArrayOutputStream to) {
      this.to = to;
    }

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void setWriteListener(WriteListener listener) {}

    @Override
    public void write(int b) {
      to.write(b);
    }
  }

  @Test
  void whoComesTooEarlyIsToldToComeAgain() throws Exception {
    send("/v1/track", (request, response) -> ((HttpServletResponse) response).sendError(404));

    assertThat(status).isEqualTo(503);
    assertThat(headers).containsEntry("Retry-After", "1");
    assertThat(headers).containsEntry("Content-Type", "application/json");
    assertThat(body.toString(UTF_8))
        .isEqualTo(
            json(
                "{'success':false,'code':'unavailable','message':'The events could not be stored;"
                    + " send them again later.'}"));
  }

  @Test
  void anErrorPageThatIsWrittenIsNoWordOfAnotherPathEither() throws Exception {
    send("/v1/track", (request, response) -> ((HttpServletResponse) response).setStatus(404));

    assertThat(status).isEqualTo(503);
    assertThat(headers).isEqualTo(Map.of("Retry-After", "1"));
  }

  @Test
  void otherPathsAreTheHosts() throws Exception {
    send("/shop", (request, response) -> ((HttpServletResponse) response).sendError(404));

    assertThat(status).isEqualTo(404);
    assertThat(headers).isEmpty();
  }
}
