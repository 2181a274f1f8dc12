package io.dromedary.operations;

import io.dromedary.alert.Alerts;
import io.dromedary.http.Caller;
import io.dromedary.outbox.Outbox;
import io.dromedary.outbox.OutboxComponent;
import io.dromedary.outbox.store.OutboxException;
import java.util.List;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * The API for operators: pending events, dead letters, the history, replays and alerts. Views of
 * the page that use it have the same filters, masking and audit log as a program. It does not check
 * who may call it. Thread-safe.
 */
public final class Operations {

  /** The names of the parameters that select dead letters. */
  public static final List<String> DEAD_LETTER_FILTERS = Parameters.DEAD_LETTERS;

  private static final String API = "/api";
  private static final String DEAD_LETTERS = "/dead-letters";
  private static final String PENDING = "/pending";
  private static final String OVERVIEW = "/api/overview";
  private static final String ALERTS = "/api/alerts";
  private static final String REPLAYS = "/api/replays";

  private final CamelContext context;
  private final OverviewOperations overview;
  private final Pages pages = new Pages();

  /** The operations of a context. */
  public Operations(CamelContext context, Overviews overviews) {
    this.context = context;
    this.overview = new OverviewOperations(overviews);
  }

  /**
   * Answers a program.
   *
   * @param below the path below the management path, such as {@code /pending}
   * @param query the query string, encoded, or null for none
   * @return JSON, or null if there is no such operation
   * @throws RefusedException if the request is refused; the message says why
   * @throws IllegalArgumentException if a parameter is wrong; the message says which
   * @throws OutboxException if the store does not answer
   */
  public @Nullable String answer(String method, String below, @Nullable String query, Caller caller)
      throws RefusedException, OutboxException {
    return answer(new Operation(method, below, query, caller));
  }

  /**
   * Answers a view of the page in the same way as a program.
   *
   * @throws ApiException if the API refuses the request; the message says why
   */
  public String call(String method, String below, @Nullable String query, Caller caller)
      throws ApiException {
    try {
      String answer = answer(method, below, query, caller);
      if (answer == null) {
        throw new ApiException(404, "expected a path of the API, found another");
      }
      return answer;
    } catch (RefusedException e) {
      throw new ApiException(e.refusal().status(), e.refusal().message());
    } catch (IllegalArgumentException e) {
      throw new ApiException(400, String.valueOf(e.getMessage()));
    } catch (OutboxException e) {
      throw new ApiException(503, String.valueOf(e.getMessage()));
    }
  }

  private @Nullable String answer(Operation asked) throws RefusedException, OutboxException {
    if (asked.below().equals(OVERVIEW)) {
      return overview.answer(asked);
    }
    // Dead letters and pending events are also served without /api, where they first were.
    Operation operation = asked.below().startsWith(API) ? asked.behind(API) : asked;
    Mask mask = Mask.of(context, asked.caller());
    if (operation.below().startsWith(DEAD_LETTERS)) {
      return new DeadLetterOperations(context, outbox(), pages, mask)
          .answer(operation.behind(DEAD_LETTERS));
    }
    if (asked.below().startsWith(ALERTS)) {
      return new AlertOperations(Alerts.of(context)).answer(asked.behind(ALERTS));
    }
    if (asked.below().startsWith(REPLAYS)) {
      return new ReplayOperations(outbox().replays()).answer(asked.behind(REPLAYS));
    }
    if (operation.below().startsWith(PENDING)) {
      return new PendingOperations(context, outbox(), pages, mask)
          .answer(operation.behind(PENDING));
    }
    return asked.below().startsWith(API) ? history(operation, mask) : null;
  }

  /** Answers the operations that exist below /api only. */
  private @Nullable String history(Operation asked, Mask mask)
      throws RefusedException, OutboxException {
    String answer = new EventOperations(context, outbox(), pages, mask).answer(asked);
    return answer == null ? new HistoryOperations(context, mask).answer(asked) : answer;
  }

  private Outbox outbox() {
    return context.getComponent("outbox", OutboxComponent.class).outbox();
  }
}
