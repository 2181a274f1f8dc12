package io.dromedary.management;

import io.dromedary.http.Caller;
import org.jspecify.annotations.Nullable;

/**
 * What an operator asks for.
 *
 * @param method the HTTP method
 * @param below what follows in the path behind that of what is asked about: empty, or with a slash
 * @param query as it came
 * @param caller who asks; where he may not change anything, what he is shown is masked
 */
record Operation(String method, String below, @Nullable String query, Caller caller) {

  /** The same, of what is behind the first part of the path. */
  Operation behind(String part) {
    return new Operation(method, below.substring(part.length()), query, caller);
  }

  /** Logs that something has been done, for whom, and to how many. */
  void audit(String what, long count) {
    Audit.done(what, caller.name(), query == null ? "" : query, count);
  }

  /** Refuses another method than the one that is expected. */
  void require(String expected) throws RefusedException {
    require(expected, expected);
  }

  /**
   * Refuses another method than the one that is expected.
   *
   * @param all the methods that there are, to tell of them
   */
  void require(String expected, String all) throws RefusedException {
    // The server leaves the body of an answer to HEAD out.
    boolean isHead = method.equals("HEAD") && expected.equals("GET");
    if (!method.equals(expected) && !isHead) {
      throw new RefusedException(
          405, "method_not_allowed", "expected " + all + ", found " + method);
    }
  }
}
