package io.dromedary.management;

import io.dromedary.http.RawBodies;
import io.dromedary.http.Refusal;
import io.dromedary.http.RefusedRequests;
import io.dromedary.http.RequestCheck;
import io.dromedary.http.RequestHead;
import io.dromedary.operations.Operations;
import io.dromedary.operations.Overviews;
import io.dromedary.operations.RefusedException;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.page.Page;
import io.dromedary.page.PageAnswer;
import io.dromedary.settings.ServerPaths;
import io.dromedary.settings.Settings;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.support.service.ServiceSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the management path: {@link Access} decides who may use it, then the {@link Page} or the
 * {@link Operations} answer. Thread-safe.
 */
public final class ManagementApi extends ServiceSupport
    implements CamelContextAware, Processor, RequestCheck {

  private static final Logger LOG = LoggerFactory.getLogger(ManagementApi.class);

  private @Nullable CamelContext context;
  private @Nullable Access access;
  private @Nullable Page page;
  private @Nullable Operations operations;
  private String path = "";

  @Override
  public @Nullable CamelContext getCamelContext() {
    return context;
  }

  @Override
  public void setCamelContext(CamelContext context) {
    this.context = context;
    Settings settings = Settings.of(context);
    this.access = new Access(settings.management());
    this.path = settings.paths().root() + settings.paths().management();
  }

  /** Prepares the page. Camel calls it only if the route of the management path runs here. */
  @Override
  protected void doStart() {
    if (context != null) {
      Overviews overviews = new Overviews(context);
      Operations made = new Operations(context, overviews);
      operations = made;
      page = new Page(context, overviews, made);
      ServerPaths paths = Settings.of(context).paths();
      RawBodies.keep(context, paths.root(), paths.management(), this);
    }
  }

  @Override
  public void process(Exchange exchange) {
    Message message = exchange.getMessage();
    Map<String, Object> headers = message.getHeaders();
    byte[] body = message.getBody(byte[].class);
    // No header of the request may go into the answer.
    message.setHeaders(new HashMap<>(Page.SAFE));
    message.setHeader(Exchange.CONTENT_TYPE, "application/json");
    try {
      answer(message, headers, body);
    } catch (RefusedException e) {
      refuse(message, e.refusal());
    } catch (IllegalArgumentException e) {
      refuse(message, new Refusal(400, "invalid_parameter", String.valueOf(e.getMessage())));
    } catch (OutboxException e) {
      refuse(message, new Refusal(503, "unavailable", String.valueOf(e.getMessage())));
    } catch (RuntimeException | StackOverflowError e) {
      // Otherwise the server would send an empty answer, and the log would not say why.
      LOG.error("A request of an operator has failed", e);
      refuse(message, new Refusal(500, "failed", "this has failed; the log says why"));
    }
  }

  private void refuse(Message answer, Refusal refusal) {
    RefusedRequests.count(context(), refusal.status());
    answer.setHeader(Exchange.HTTP_RESPONSE_CODE, refusal.status());
    refusal.headers().forEach(answer::setHeader);
    answer.setBody(refusal.toJson());
  }

  private void answer(Message message, Map<String, Object> headers, byte @Nullable [] body)
      throws RefusedException, OutboxException {
    RequestHead head = RequestHead.of(headers);
    Refusal refusal = check(head);
    if (refusal != null) {
      throw new RefusedException(refusal);
    }
    String below = below(head.path());
    String accept = text(headers.get("Accept"));
    if (page().serves(below, accept)) {
      boolean isForm = head.method().equals("POST");
      if (!head.isRead() && !isForm) {
        throw new RefusedException(
            405, "method_not_allowed", "expected GET or POST, found " + head.method());
      }
      byte[] form = body == null ? new byte[0] : body;
      show(
          message,
          page()
              .answer(
                  path.substring(path.lastIndexOf('/') + 1),
                  below,
                  head,
                  text(headers.get("If-None-Match")),
                  isForm ? form : null,
                  access().caller(head)));
      return;
    }
    if (body != null && body.length > 0) {
      // A filter in the body, as curl -d sends it, would be ignored.
      throw new RefusedException(
          400, "unexpected_body", "expected parameters in the URL and no body, found a body");
    }
    String answer = operations().answer(head.method(), below, head.query(), access().caller(head));
    if (answer == null) {
      throw new RefusedException(unknownPath());
    }
    message.setBody(answer);
  }

  private static void show(Message message, PageAnswer answer) {
    message.setHeader(Exchange.HTTP_RESPONSE_CODE, answer.status());
    message.setHeader(Exchange.CONTENT_TYPE, answer.type());
    answer.headers().forEach(message::setHeader);
    message.setBody(answer.body());
  }

  private static @Nullable String text(@Nullable Object header) {
    return header == null ? null : header.toString();
  }

  /** The part of a path that follows the management path. */
  private String below(String asked) {
    return asked.startsWith(path) ? asked.substring(path.length()) : asked;
  }

  private CamelContext context() {
    if (context == null) {
      throw new IllegalStateException("no Camel context");
    }
    return context;
  }

  private Access access() {
    if (access == null) {
      throw new IllegalStateException("no Camel context");
    }
    return access;
  }

  private Page page() {
    if (page == null) {
      throw new IllegalStateException("not started");
    }
    return page;
  }

  private Operations operations() {
    if (operations == null) {
      throw new IllegalStateException("not started");
    }
    return operations;
  }

  @Override
  public @Nullable Refusal check(RequestHead head) {
    Refusal refusal = access().check(head);
    // This server takes two slashes for one; a proxy in front of it may take them for another path.
    return refusal == null && head.path().contains("//") ? unknownPath() : refusal;
  }

  private Refusal unknownPath() {
    return new Refusal(
        404,
        "not_found",
        "expected %1$s/dead-letters, %1$s/pending or what is below them, found another path"
            .formatted(path));
  }

  /** Browsers may cache the page's files, but must revalidate them. */
  @Override
  public String cacheControl(RequestHead head) {
    return Page.isFile(below(head.path())) ? "no-cache" : RawBodies.NOT_KEPT;
  }

  @Override
  public Map<String, Object> headers(@Nullable String origin) {
    return Map.copyOf(Page.SAFE);
  }
}
