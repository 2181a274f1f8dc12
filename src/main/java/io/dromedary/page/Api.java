package io.dromedary.page;

import io.dromedary.http.Caller;
import org.jspecify.annotations.Nullable;

/**
 * Calls the API of the management path on behalf of a view. A view that uses it has the same
 * filters, masking and audit log as a program.
 */
@FunctionalInterface
public interface Api {

  /**
   * Calls the API.
   *
   * @param path the path below the API's, such as {@code /pending}
   * @param query the query string, encoded, or null for none
   * @return JSON
   * @throws ApiException if the API refuses the request; the message says why
   */
  String call(String method, String path, @Nullable String query, Caller caller)
      throws ApiException;
}
