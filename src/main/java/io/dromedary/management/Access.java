package io.dromedary.management;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.http.Caller;
import io.dromedary.http.Refusal;
import io.dromedary.http.RequestHead;
import io.dromedary.http.WrongKeys;
import io.dromedary.settings.ManagementSettings;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides from the head of a request who may use the management path. If secrets are set, a request
 * must present one: a program as a Bearer token, a browser as the password of HTTP Basic. Without
 * secrets the path is served on loopback only. Pages of other servers can make a browser send its
 * password, or a request to loopback. Therefore a request that changes something must come from a
 * page of this server, or carry a Bearer token. Thread-safe.
 */
final class Access {

  /** Basic comes first, because browsers look at only one challenge of a header. */
  private static final String CHALLENGES = "Basic realm=\"Dromedary\", Bearer";

  private static final Caller ON_LOOPBACK = new Caller("loopback", true);
  private static final Caller UNKNOWN = new Caller("unknown", false);

  private final WrongKeys wrongSecrets = new WrongKeys("management secret");
  private final List<byte[]> secrets;
  private final List<byte[]> readOnlySecrets;
  private final ManagementSettings settings;

  Access(ManagementSettings settings) {
    this.settings = settings;
    this.secrets = bytes(settings.secrets());
    this.readOnlySecrets = bytes(settings.readOnlySecrets());
  }

  private static List<byte[]> bytes(List<String> secrets) {
    return secrets.stream().map(secret -> secret.getBytes(UTF_8)).toList();
  }

  /**
   * The credentials of a request.
   *
   * @param name the caller's name for the audit log: the user of HTTP Basic, or the scheme
   * @param isBearer whether it is a Bearer token, which no browser sends by itself
   */
  private record Presented(String name, String secret, boolean isBearer) {

    private static final Presented NOTHING = new Presented("", "", false);

    static Presented of(@Nullable String authorization) {
      String bearer = after("Bearer ", authorization);
      if (bearer != null) {
        return new Presented("bearer", bearer, true);
      }
      String basic = after("Basic ", authorization);
      if (basic == null) {
        return NOTHING;
      }
      try {
        String[] login = new String(Base64.getDecoder().decode(basic), UTF_8).split(":", 2);
        return login.length == 1
            ? NOTHING
            : new Presented(login[0].isEmpty() ? "basic" : login[0], login[1], false);
      } catch (IllegalArgumentException e) {
        return NOTHING;
      }
    }

    private static @Nullable String after(String scheme, @Nullable String authorization) {
      return authorization != null
              && authorization.regionMatches(true, 0, scheme, 0, scheme.length())
          ? authorization.substring(scheme.length()).strip()
          : null;
    }

    boolean isOneOf(List<byte[]> secrets) {
      byte[] bytes = secret.getBytes(UTF_8);
      boolean known = false;
      for (byte[] each : secrets) {
        // Every secret is compared in full, so that the time taken reveals nothing.
        known |= MessageDigest.isEqual(each, bytes);
      }
      return known;
    }
  }

  /** The caller of a request that {@link #check} has let in. */
  Caller caller(RequestHead head) {
    Presented presented = Presented.of(head.authorization());
    if (settings.isByHost()) {
      // The host has authenticated the request, perhaps in another way.
      return new Caller(presented.name().isEmpty() ? "host" : presented.name(), true);
    }
    if (!settings.isBySecret()) {
      return ON_LOOPBACK;
    }
    if (presented.isOneOf(secrets)) {
      return new Caller(presented.name(), true);
    }
    return presented.isOneOf(readOnlySecrets) ? new Caller(presented.name(), false) : UNKNOWN;
  }

  /** Returns why the request is refused, or null if it may go on. */
  @Nullable Refusal check(RequestHead head) {
    if (settings.isByHost()) {
      return head.isRead() || Presented.of(head.authorization()).isBearer()
          ? null
          : ofOtherPage(head, false);
    }
    if (settings.isBySecret()) {
      return ofSecret(head);
    }
    if (!head.isForLoopback()) {
      return Refusal.ofHost(head);
    }
    return head.isRead() ? null : ofOtherPage(head, true);
  }

  private @Nullable Refusal ofSecret(RequestHead head) {
    Presented presented = Presented.of(head.authorization());
    // Both lists are always compared, so that the time taken does not reveal which one matched.
    boolean isOperator = presented.isOneOf(secrets);
    boolean isReader = presented.isOneOf(readOnlySecrets);
    if (!isOperator && !isReader) {
      return wrongSecret(head.address());
    }
    if (head.isRead()) {
      return null;
    }
    if (!isOperator) {
      return new Refusal(
          403,
          "read_only",
          "expected webhooks.management.secret, found webhooks.management.read-only.secret,"
              + " which changes nothing");
    }
    return presented.isBearer() ? null : ofOtherPage(head, false);
  }

  /**
   * Refuses a request that a page of another server made the browser send (CSRF).
   *
   * @param mayBeNoPage whether a request without Sec-Fetch-Site and Origin is let in, as programs
   *     that are not browsers send it
   */
  private static @Nullable Refusal ofOtherPage(RequestHead head, boolean mayBeNoPage) {
    if (head.site() == null && head.origin() == null) {
      return mayBeNoPage
          ? null
          : new Refusal(
              403,
              "forbidden_origin",
              "expected Sec-Fetch-Site, Origin or a Bearer token, found none");
    }
    // Sec-Fetch-Site wins over Origin: behind a proxy that changes Host, Origin never matches it.
    boolean isOwn =
        head.site() == null ? !head.isOfForeignPage() : head.site().equals("same-origin");
    return isOwn
        ? null
        : new Refusal(
            403, "forbidden_origin", "expected a page of this server, or none, found another");
  }

  private Refusal wrongSecret(@Nullable String address) {
    if (wrongSecrets.areTooMany(address)) {
      return Refusal.ofAddress();
    }
    wrongSecrets.add(address);
    return new Refusal(
        401,
        "unauthorized",
        "expected \"Authorization: Bearer\" and webhooks.management.secret, found none or another",
        Map.of("WWW-Authenticate", CHALLENGES));
  }
}
