package io.dromedary.page;

import io.dromedary.http.Caller;
import org.jspecify.annotations.Nullable;

/**
 * The API of the management path, as views use it: what the page shows and does is what a program
 * is told and may do, with the same filters, the same masking and the same line in the log.
 */
@FunctionalInterface
public interface Api {

  /**
   * Answers as the API does.
   *
   * @param path below that of the API, such as {@code /pending}
   * @param query as it stands in a URL; null: none
   * @return JSON
   * @throws ApiException saying why it is refused
   */
  String call(String method, String path, @Nullable String query, Caller caller)
      throws ApiException;
}
