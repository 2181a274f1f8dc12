package io.dromedary.spring;

import io.dromedary.outbox.UnopenedStoreException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Makes Spring Boot report a store that cannot be opened without a stack trace. */
final class UnopenedStoreAnalyzer extends AbstractFailureAnalyzer<UnopenedStoreException> {

  @Override
  protected FailureAnalysis analyze(Throwable failure, UnopenedStoreException cause) {
    return new FailureAnalysis(
        String.valueOf(cause.getMessage()),
        "Repair the store, or correct webhooks.outbox.url.",
        cause);
  }
}
