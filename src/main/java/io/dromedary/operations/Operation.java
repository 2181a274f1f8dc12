package io.dromedary.operations;

import io.dromedary.http.Caller;
import org.jspecify.annotations.Nullable;

/**
 * A request to the API.
 *
 * @param method the HTTP method
 * @param below the rest of the path, from its slash on; empty if there is none
 * @param query the query string as it arrived, still encoded
 * @param caller the caller; one who may only read sees masked data
 */
record Operation(String method, String below, @Nullable String query, Caller caller) {

  /** The same request, without the given beginning of its path. */
  Operation behind(String part) {
    return new Operation(method, below.substring(part.length()), query, caller);
  }

  /** Logs that this request has been carried out, and on how many events. */
  void audit(String what, long count) {
    Audit.done(what, caller.name(), query == null ? "" : query, count);
  }

  /** Refuses any method but the expected one. */
  void require(String expected) throws RefusedException {
    require(expected, expected);
  }

  /**
   * Refuses any method but the expected one.
   *
   * @param all the methods that the path has, for the error message
   */
  void require(String expected, String all) throws RefusedException {
    // The server omits the body of an answer to HEAD.
    boolean isHead = method.equals("HEAD") && expected.equals("GET");
    if (!method.equals(expected) && !isHead) {
      throw new RefusedException(
          405, "method_not_allowed", "expected " + all + ", found " + method);
    }
  }
}
