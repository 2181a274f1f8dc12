package io.dromedary.delivery;

import java.net.URI;
import java.util.HashMap;
import java.util.List;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Consumer;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultAsyncProducer;
import org.apache.camel.support.DefaultEndpoint;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.Method;
import org.apache.hc.core5.http.message.BasicHttpRequest;
import org.apache.hc.core5.http.nio.entity.BasicAsyncEntityProducer;

/**
 * A webhook that speaks HTTP: what is sent to it is posted, and the exchange goes on when the
 * answer has been read. The status is in the header {@code CamelHttpResponseCode}.
 */
final class HttpWebhookEndpoint extends DefaultEndpoint {

  /** Without a charset, which JSON has not. */
  private static final ContentType JSON = ContentType.create("application/json");

  private final HttpHost host;
  private final String path;
  private final List<String> headers;
  private final HttpAttempts attempts;

  /**
   * A webhook.
   *
   * @param name its endpoint URI
   * @param headers that are let through to it, of those of a message
   */
  HttpWebhookEndpoint(String name, URI url, List<String> headers, HttpAttempts attempts) {
    super(name, null);
    BasicHttpRequest request = new BasicHttpRequest(Method.POST, url);
    this.host = new HttpHost(request.getScheme(), request.getAuthority());
    this.path = request.getPath();
    this.headers = headers;
    this.attempts = attempts;
  }

  @Override
  public Producer createProducer() {
    return new Poster();
  }

  @Override
  public Consumer createConsumer(Processor processor) {
    throw new UnsupportedOperationException("Webhooks are only sent to.");
  }

  @Override
  protected void doStop() {
    attempts.close();
  }

  private HttpRequest request(Message message) {
    HttpRequest request = new BasicHttpRequest(Method.POST.name(), host, path);
    for (String name : headers) {
      String value = message.getHeader(name, String.class);
      if (value != null) {
        request.addHeader(name, value);
      }
    }
    return request;
  }

  private final class Poster extends DefaultAsyncProducer {

    Poster() {
      super(HttpWebhookEndpoint.this);
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
      try {
        byte[] body = exchange.getMessage().getMandatoryBody(byte[].class);
        attempts.start(
            request(exchange.getMessage()),
            new BasicAsyncEntityProducer(body, JSON),
            new Attempted(exchange, callback));
        return false;
      } catch (Exception e) {
        exchange.setException(e);
        callback.done(true);
        return true;
      }
    }
  }

  /** Goes on with an exchange. */
  private record Attempted(Exchange exchange, AsyncCallback callback)
      implements HttpAttempts.Listener {

    @Override
    public void answered(WebhookAnswer answer) {
      Message message = exchange.getMessage();
      message.setHeaders(new HashMap<>());
      message.setHeader(Exchange.HTTP_RESPONSE_CODE, answer.status());
      if (answer.retryAfter() != null) {
        message.setHeader("Retry-After", answer.retryAfter());
      }
      message.setBody(answer.excerpt());
      callback.done(false);
    }

    @Override
    public void failed(Exception failure) {
      exchange.setException(failure);
      callback.done(false);
    }
  }
}
