package io.dromedary.spring;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.http.RawBodies;
import io.dromedary.http.Refusal;
import io.dromedary.http.RefusedRequests;
import io.dromedary.http.RequestCheck;
import io.dromedary.http.RequestHead;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.util.List;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Passes requests to Dromedary's paths on unchanged; Spring and Camel would parse forms and answer
 * preflights themselves. Bodies that are too long are refused before they are read. Requests that
 * arrive before the routes have started get a 503, because senders drop their events on a 404. All
 * other requests are not touched.
 */
final class RawBodyFilter implements Filter {

  private final ObjectProvider<CamelContext> contexts;
  private final List<String> inboundPaths;

  /**
   * Creates a filter.
   *
   * @param inboundPaths the paths that may receive events, as far as known before the start
   */
  RawBodyFilter(ObjectProvider<CamelContext> contexts, List<String> inboundPaths) {
    this.contexts = contexts;
    this.inboundPaths = inboundPaths;
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!(request instanceof HttpServletRequest http)
        || !(response instanceof HttpServletResponse answer)) {
      chain.doFilter(request, response);
      return;
    }
    String path = http.getRequestURI().substring(http.getContextPath().length());
    RequestHead head = head(http, path);
    CamelContext context = contexts.getIfAvailable();
    RequestCheck check = context == null ? null : RawBodies.checkOf(context, path);
    if (context == null || check == null) {
      boolean isEarly =
          context != null
              && !context.isStarted()
              && inboundPaths.stream().anyMatch(inbound -> RawBodies.isBelow(path, inbound));
      chain.doFilter(
          request,
          isEarly
              ? new EarlyResponse(
                  answer,
                  () -> refuse(context, null, head, answer, RawBodies.ofServer(context, 503)))
              : response);
      return;
    }
    if (head.isRead()) {
      answer.setHeader("Cache-Control", check.cacheControl(head));
    }
    Refusal refusal = RawBodies.check(context, check, head);
    if (refusal == null && http.getContentLengthLong() > RawBodies.MOST_BYTES) {
      refusal = RawBodies.ofServer(context, 413);
    }
    if (refusal == null) {
      byte[] body = http.getInputStream().readNBytes(RawBodies.MOST_BYTES + 1);
      if (body.length <= RawBodies.MOST_BYTES) {
        chain.doFilter(new RawRequest(http, body), response);
        return;
      }
      refusal = RawBodies.ofServer(context, 413);
    }
    refuse(context, check, head, answer, refusal);
  }

  private static RequestHead head(HttpServletRequest request, String path) {
    String site = request.getHeader("Sec-Fetch-Site");
    return new RequestHead(
        request.getMethod(),
        path,
        request.getQueryString(),
        request.getHeader("Host"),
        RequestHead.page(request.getHeader("Origin"), site, request.getHeader("Referer")),
        site,
        request.getHeader("Authorization"),
        request.getHeader("User-Agent"),
        request.getRemoteAddr(),
        request.getLocalAddr());
  }

  private static void refuse(
      CamelContext context,
      @Nullable RequestCheck check,
      RequestHead head,
      HttpServletResponse response,
      Refusal refusal)
      throws IOException {
    RefusedRequests.count(context, refusal.status());
    RawBodies.answerHeaders(check, head.origin(), refusal)
        .forEach((name, value) -> response.setHeader(name, value.toString()));
    response.setHeader("Content-Type", "application/json");
    response.setStatus(refusal.status());
    byte[] body = refusal.toJson().getBytes(UTF_8);
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }

  /**
   * The response to a request that comes before Dromedary's paths are known: a 404 becomes a 503.
   */
  private static final class EarlyResponse extends HttpServletResponseWrapper {

    private final Answer answer;

    /** Sends the 503. */
    interface Answer {
      void send() throws IOException;
    }

    EarlyResponse(HttpServletResponse response, Answer answer) {
      super(response);
      this.answer = answer;
    }

    @Override
    public void sendError(int status) throws IOException {
      if (status == SC_NOT_FOUND) {
        answer.send();
      } else {
        super.sendError(status);
      }
    }

    @Override
    public void sendError(int status, String message) throws IOException {
      if (status == SC_NOT_FOUND) {
        answer.send();
      } else {
        super.sendError(status, message);
      }
    }

    @Override
    public void setStatus(int status) {
      if (status == SC_NOT_FOUND) {
        setHeader("Retry-After", "1");
      }
      super.setStatus(status == SC_NOT_FOUND ? SC_SERVICE_UNAVAILABLE : status);
    }
  }
}
