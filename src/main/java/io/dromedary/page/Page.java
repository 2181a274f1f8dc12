package io.dromedary.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.http.Caller;
import io.dromedary.http.RequestHead;
import io.dromedary.operations.ApiException;
import io.dromedary.operations.Operations;
import io.dromedary.operations.Overviews;
import io.dromedary.outbox.store.OutboxException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the page for operators: its views, one for each path below the management path, and its
 * files. The caller has already checked that a request may use the page. Thread-safe.
 */
public final class Page {

  /**
   * The Content-Security-Policy: a document may use this server's files only, and no script or
   * style inside the document itself.
   */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

  /**
   * The headers of every answer on the management path. The Referrer-Policy keeps referrers on this
   * server. It is not "no-referrer", because browsers then send "Origin: null" with a form, and the
   * page's own forms would be refused.
   */
  public static final Map<String, String> SAFE =
      Map.of(
          "Content-Security-Policy", POLICY,
          "X-Content-Type-Options", "nosniff",
          "X-Frame-Options", "DENY",
          "Referrer-Policy", "same-origin");

  /** The paths that the API has, too: a request that accepts text/html gets the view. */
  private static final Set<String> SHARED = Set.of("pending", "dead-letters");

  private static final Logger LOG = LoggerFactory.getLogger(Page.class);
  private static final String HTML = "text/html; charset=utf-8";

  private final Map<String, View> views;
  private final PageFrame frame;
  private final PageFiles files = new PageFiles();

  /** Makes the page of a Camel context. */
  public Page(CamelContext context, Overviews overviews, Operations operations) {
    this(views(context, overviews, operations));
  }

  Page(Map<String, View> views) {
    this.views = views;
    this.frame =
        new PageFrame(
            PageFrame.WAYS.stream().filter(way -> views.containsKey(way.path())).toList());
  }

  /** The views, by the first part of their paths. */
  private static Map<String, View> views(
      CamelContext context, Overviews overviews, Operations operations) {
    Map<String, View> views = new LinkedHashMap<>();
    views.put("", new OverviewView(context, overviews));
    views.put("webhooks", new WebhookView(context));
    views.put("events", new EventsView(context));
    views.put("dead-letters", new DeadLettersView(context));
    views.put("pending", new PendingView(context, operations));
    views.put("settings", new SettingsView(context));
    views.put("alerts", new AlertsView(context));
    return Collections.unmodifiableMap(views);
  }

  /**
   * Returns whether a request is for the page and not for the API.
   *
   * @param below the path below the management path: empty, or from its slash on
   * @param accept the request's Accept header, or null if it has none
   */
  public boolean serves(String below, @Nullable String accept) {
    boolean isBrowser = accept != null && accept.contains("text/html");
    String[] parts = below.replaceFirst("^/", "").split("/", -1);
    if (parts[0].equals("api")) {
      return false;
    }
    if (SHARED.contains(parts[0])) {
      return isBrowser && parts.length == 1 && views.containsKey(parts[0]);
    }
    return isBrowser || views.containsKey(parts[0]) || PageFiles.has(parts[0]);
  }

  /** Returns whether a path is a file, which browsers may cache if they revalidate it. */
  public static boolean isFile(String below) {
    return below.startsWith("/") && PageFiles.has(below.substring(1));
  }

  /**
   * Answers a request.
   *
   * @param last the last part of the management path
   * @param below the path below the management path: empty, or from its slash on
   * @param ifNoneMatch the request's If-None-Match header, or null if it has none
   * @param form the body of a form, or null if the request is not a form
   */
  public PageAnswer answer(
      String last,
      String below,
      RequestHead head,
      @Nullable String ifNoneMatch,
      byte @Nullable [] form,
      Caller caller) {
    PageAnswer answer = answer(last, below, head, form, caller);
    if (answer.status() != 200 || !head.isRead()) {
      return answer;
    }
    String tag = tag(answer.body());
    Map<String, String> headers = new LinkedHashMap<>(answer.headers());
    headers.put("ETag", tag);
    return tag.equals(ifNoneMatch)
        ? new PageAnswer(304, answer.type(), "", headers)
        : new PageAnswer(200, answer.type(), answer.body(), headers);
  }

  private PageAnswer answer(
      String last, String below, RequestHead head, byte @Nullable [] form, Caller caller) {
    PageRequest bare = PageRequest.of(last, below, head, null, null, caller);
    try {
      if (form != null && form.length > PageRequest.MOST_FORM_BYTES) {
        return failure(bare, 413, "The form is too long", "expected at most 64 KiB, found more");
      }
      PageRequest request = PageRequest.of(last, below, head, head.query(), form, caller);
      String first = request.path().isEmpty() ? "" : request.path().get(0);
      PageAnswer file = request.path().size() == 1 ? files.get(first) : null;
      if (file != null) {
        return file;
      }
      View view = views.get(first);
      if (view == null) {
        throw new NotFoundException("There is no such view. The navigation lists all views.");
      }
      return show(view, request);
    } catch (NotFoundException e) {
      return failure(bare, 404, "Not found", String.valueOf(e.getMessage()));
    } catch (IllegalArgumentException e) {
      return failure(bare, 400, "Bad request", String.valueOf(e.getMessage()));
    } catch (ApiException e) {
      String title = e.status() == 503 ? "Not available now" : "Bad request";
      return failure(bare, e.status(), title, String.valueOf(e.getMessage()));
    } catch (OutboxException e) {
      return failure(bare, 503, "The store does not answer", String.valueOf(e.getMessage()));
    } catch (Exception e) {
      LOG.error("The page has failed", e);
      return failure(bare, 500, "The page has failed", "The log says why.");
    }
  }

  private PageAnswer show(View view, PageRequest request) throws Exception {
    FormResult done = null;
    if (request.isForm()) {
      if (!request.mayChange()) {
        return failure(request, 403, "Read-only", "This secret may not change anything.");
      }
      try {
        done = view.act(request);
      } catch (IllegalArgumentException | ApiException e) {
        done = FormResult.failed(String.valueOf(e.getMessage()));
      }
      if (done.seeOther() != null) {
        return new PageAnswer(303, HTML, "", Map.of("Location", done.seeOther()));
      }
    }
    Html html = new Html();
    String body =
        frame.around(html, request, view.title(request), done, () -> view.write(html, request));
    return new PageAnswer(200, HTML, body, Map.of());
  }

  private PageAnswer failure(PageRequest request, int status, String title, String message) {
    try {
      Html html = new Html();
      String body =
          frame.around(
              html,
              request,
              title,
              null,
              () -> {
                html.element("h1", title);
                html.element("p", message, "class", "message bad", "role", "alert");
              });
      return new PageAnswer(status, HTML, body, Map.of());
    } catch (Exception e) {
      throw new IllegalStateException("Writing to memory does not fail.", e);
    }
  }

  /** The entity tag of a body. */
  private static String tag(String body) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(body.getBytes(UTF_8));
      return '"' + HexFormat.of().formatHex(digest, 0, 12) + '"';
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every Java platform", e);
    }
  }
}
