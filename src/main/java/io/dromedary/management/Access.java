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
 * Who may use the management path, told from the head of a request. With secrets, one has to be
 * presented: as a Bearer token by a program, or as the password of HTTP Basic by a browser. Without
 * secrets the path is served on loopback. A browser sends a password, or reaches loopback, for any
 * page: so what changes something has to come from a page of this server. Thread-safe.
 */
final class Access {

  /** Basic comes first: browsers look at one challenge of a line. */
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
   * What a request presents.
   *
   * @param name of whom the request comes, as far as it says so
   * @param isBearer whether no browser presents it by itself
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
        // Every secret is compared in full: the time it takes tells nothing.
        known |= MessageDigest.isEqual(each, bytes);
      }
      return known;
    }
  }

  /** Who sends a request that has not been refused. */
  Caller caller(RequestHead head) {
    Presented presented = Presented.of(head.authorization());
    if (settings.isByHost()) {
      // The host has looked at it, and may have done so in another way.
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

  /** Why a request is refused, or null if it is not. */
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
      return Refusal.ofHost();
    }
    return head.isRead() ? null : ofOtherPage(head, true);
  }

  private @Nullable Refusal ofSecret(RequestHead head) {
    Presented presented = Presented.of(head.authorization());
    // Both are asked, whichever it is.
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
   * Refuses what a browser was led to send by a page of another server.
   *
   * @param mayBeNoPage whether a request may come from a program that says nothing of pages, as one
   *     that is not a browser does
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
    // Where a browser tells both, only the first is right behind a server that changes the Host.
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
