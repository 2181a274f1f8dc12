package io.dromedary.signing;

import java.time.Instant;
import java.util.Map;

/** Adds the headers by which a receiver verifies a request. Implementations are thread-safe. */
public interface Signer {

  /**
   * Signs one request.
   *
   * @param now the instant of the attempt
   * @param headers receives the headers with the signature
   */
  void sign(Payload payload, Instant now, Map<String, Object> headers);
}
