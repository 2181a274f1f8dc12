package io.dromedary.http;

import io.dromedary.json.JsonFields;
import java.util.Map;

/**
 * The answer to a request that is refused.
 *
 * @param status the HTTP status
 * @param code a stable code for this reason
 * @param message what was expected and what was found
 * @param headers additional headers of the answer
 */
public record Refusal(int status, String code, String message, Map<String, String> headers) {

  /** The seconds in {@code Retry-After} of a temporary refusal. */
  private static final String RETRY_AFTER = "5";

  private static final String TOO_MANY_SECONDS = "60";

  /** Creates a refusal without headers of its own. */
  public Refusal(int status, String code, String message) {
    this(status, code, message, Map.of());
  }

  /** Returns the refusal of a server for a request that did not reach a route. */
  public static Refusal ofServer(int status) {
    return switch (status) {
      case 413 ->
          new Refusal(
              413,
              "body_too_large",
              "expected at most " + RawBodies.MOST_TEXT_BYTES + " bytes, found more");
      case 429 ->
          new Refusal(
              429,
              "too_many_requests",
              "More comes of this address at a time than is taken; send it again later.",
              Map.of("Retry-After", RETRY_AFTER));
      case 503 ->
          new Refusal(
              503,
              "unavailable",
              "The events could not be stored; send them again later.",
              Map.of("Retry-After", RETRY_AFTER));
      default ->
          new Refusal(status, "server_error", "The request could not be read (" + status + ").");
    };
  }

  /** Refuses a path that is ambiguous. */
  public static Refusal ofPath() {
    return new Refusal(
        400,
        "invalid_path",
        "expected a path without dots, slashes or control characters that are encoded, found one");
  }

  /**
   * Refuses a request that another machine may have sent, or to a host name whose owner may have
   * made it resolve to this machine.
   */
  public static Refusal ofHost(RequestHead head) {
    if (!head.isOverLoopback()) {
      return new Refusal(
          403,
          "forbidden_address",
          "expected a connection to a loopback address, since no key is required, found another");
    }
    return new Refusal(
        403, "forbidden_host", "expected a Host that is a loopback address, found another");
  }

  /** Refuses a Host header that cannot be parsed. */
  public static Refusal ofUnreadableHost() {
    return new Refusal(
        400,
        "invalid_host",
        "expected a Host that is a name or an address, and maybe a port, found another");
  }

  /** Refuses an address that has presented too many wrong keys. */
  public static Refusal ofAddress() {
    return new Refusal(
        429,
        "too_many_wrong_keys",
        "expected a known key, found none, after too many wrong ones of the same address",
        Map.of("Retry-After", TOO_MANY_SECONDS));
  }

  /** Returns the body of the answer. */
  public String toJson() {
    return json(code, message);
  }

  /** Returns the body of an answer about a failure. */
  public static String json(String code, String message) {
    return JsonFields.write(
        json -> {
          json.writeBooleanField("success", false);
          json.writeStringField("code", code);
          json.writeStringField("message", message);
        });
  }
}
