package io.dromedary.destination;

import io.dromedary.delivery.AttemptComponent;
import io.dromedary.delivery.Attempts;
import io.dromedary.delivery.attempt.DeliveryThreads;
import io.dromedary.delivery.attempt.EndpointTarget;
import io.dromedary.delivery.attempt.Target;
import io.dromedary.delivery.attempt.Workers;
import io.dromedary.delivery.http.HeadBudget;
import io.dromedary.delivery.http.HttpTarget;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.EndpointUri;
import io.dromedary.settings.HttpOptions;
import io.dromedary.settings.PostedTo;
import io.dromedary.settings.Settings;
import io.dromedary.tracing.Spans;
import io.dromedary.tracing.Tracing;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;

/** Creates the {@link Attempts} at the webhooks of a destination. */
final class WebhookAttempts {

  /** A few threads are enough: the steps after an attempt do not block. */
  private static final int THREADS = 4;

  private final CamelContext context;
  private final DestinationSettings settings;
  private final Executor elsewhere;
  private final Set<String> headers;
  private final HeadBudget budget;
  private final List<Attempts> webhooks = new CopyOnWriteArrayList<>();

  /**
   * Creates the attempts of a destination.
   *
   * @param workers the threads that make them
   */
  WebhookAttempts(CamelContext context, DestinationSettings settings, ExecutorService workers) {
    this.context = context;
    this.settings = settings;
    this.elsewhere = workers instanceof Workers pool ? beside(pool) : workers;
    this.budget = HeadBudget.ofOne(Settings.of(context).destinations().size());
    this.headers = headers(settings);
    if (Tracing.of(context) != null) {
      // Messages never contain a header of that name, but an attempt may add it.
      headers.add(Spans.TRACE_PARENT);
    }
  }

  /** Returns the names of the headers of a message that a request may have. */
  static Set<String> headers(DestinationSettings settings) {
    Set<String> headers = new HashSet<>(settings.headers().keySet());
    headers.add(Exchange.CONTENT_TYPE);
    headers.addAll(List.of("X-Signature", "webhook-id", "webhook-timestamp", "webhook-signature"));
    return headers;
  }

  /**
   * Returns an executor that continues exchanges while all threads of the pool are stuck in
   * attempts.
   */
  private Executor beside(Workers pool) {
    pool.replace(() -> webhooks.stream().mapToInt(Attempts::late).sum());
    ThreadPoolExecutor few =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> DeliveryThreads.daemon(task, settings.name() + "-late"));
    few.allowCoreThreadTimeOut(true);
    return task -> {
      pool.look();
      few.execute(task);
    };
  }

  /** Adds the attempts at a webhook to the context. */
  Attempts add(String url, int number) {
    boolean isHttp = url.startsWith("http:") || url.startsWith("https:");
    HttpOptions http = settings.http().get(number - 1);
    Target target =
        isHttp
            ? new HttpTarget(
                context,
                URI.create(url),
                new HttpTarget.Options(settings.timeout(), settings.userAgent(), http),
                headers,
                budget,
                SystemDefaultDnsResolver.INSTANCE)
            : new EndpointTarget(context, PostedTo.uri(url));
    Attempts attempts =
        new Attempts(
            context,
            EndpointUri.origin(url),
            target,
            headers,
            settings.timeout(),
            settings.inFlight(),
            elsewhere,
            Settings.clock(context));
    webhooks.add(attempts);
    try {
      AttemptComponent.of(context).add(settings.name(), number, attempts);
    } catch (Exception e) {
      throw new IllegalStateException(
          "The webhook " + EndpointUri.origin(url) + " cannot be used: " + e.getMessage(), e);
    }
    return attempts;
  }
}
