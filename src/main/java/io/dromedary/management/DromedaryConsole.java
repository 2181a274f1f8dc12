package io.dromedary.management;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.spi.annotations.DevConsole;
import org.apache.camel.support.console.AbstractDevConsole;

/**
 * Shows the details of Dromedary's health checks in Camel's developer console: the store, the
 * pending events of each destination, and the state of each webhook. Camel does not authenticate
 * callers of that console, so it shows no event. Camel loads this class only with {@code
 * camel-console}. Thread-safe.
 */
@DevConsole(name = "dromedary", description = "What Dromedary delivers, and what waits")
public final class DromedaryConsole extends AbstractDevConsole {

  /** The details that Camel adds to each check, about the check itself. */
  private static final Pattern OF_THE_CHECK =
      Pattern.compile("(check|invocation|failure|success)\\..*");

  /** Called by Camel. */
  public DromedaryConsole() {
    super("dromedary", "dromedary", "Dromedary", "What Dromedary delivers, and what waits");
  }

  @Override
  protected String doCallText(Map<String, Object> options) {
    return checks().entrySet().stream()
        .map(each -> each.getKey() + "\n" + text(each.getValue()))
        .collect(Collectors.joining("\n"));
  }

  private static String text(Map<String, Object> details) {
    return details.entrySet().stream()
        .map(each -> "    " + each.getKey() + ": " + each.getValue() + "\n")
        .collect(Collectors.joining());
  }

  @Override
  protected Map<String, Object> doCallJson(Map<String, Object> options) {
    return new LinkedHashMap<>(checks());
  }

  /** The details of each check, by the check's id. */
  private Map<String, Map<String, Object>> checks() {
    Map<String, Map<String, Object>> checks = new LinkedHashMap<>();
    HealthCheckRegistry registry = HealthCheckRegistry.get(getCamelContext());
    if (registry != null) {
      registry.stream()
          .filter(check -> check.getGroup().equals("dromedary"))
          .sorted((one, other) -> one.getId().compareTo(other.getId()))
          .forEach(check -> checks.put(check.getId(), details(check.call())));
    }
    return checks;
  }

  private static Map<String, Object> details(HealthCheck.Result result) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("state", result.getState().name());
    result.getMessage().ifPresent(message -> details.put("message", message));
    result.getDetails().entrySet().stream()
        .filter(each -> !OF_THE_CHECK.matcher(each.getKey()).matches())
        .sorted(Map.Entry.comparingByKey())
        .forEach(each -> details.put(each.getKey(), each.getValue()));
    return details;
  }
}
