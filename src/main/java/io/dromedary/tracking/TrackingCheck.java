package io.dromedary.tracking;

import io.dromedary.http.Refusal;
import io.dromedary.http.RequestCheck;
import io.dromedary.http.RequestHead;
import io.dromedary.http.WrongKeys;
import io.dromedary.settings.ServerPaths;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checks the heads of requests to the tracking API. Refuses unknown paths, wrong methods, pages
 * that may not send, and wrong write keys. Thread-safe.
 */
final class TrackingCheck implements RequestCheck {

  private final WriteKeys keys;
  private final Cors cors;
  private final boolean isLocal;
  private final @Nullable String path;
  private final @Nullable String sdkRoot;
  private final WrongKeys wrongKeys = new WrongKeys("write key");

  /**
   * Makes a check.
   *
   * @param isLocal whether the server listens on loopback only, and senders need no key
   * @param path the path of the tracking API, or null at a path of the operator's for any body
   * @param sdkRoot the prefix of the other paths of RudderStack's SDKs, or null if these are not
   *     served
   */
  TrackingCheck(
      WriteKeys keys, Cors cors, boolean isLocal, @Nullable String path, @Nullable String sdkRoot) {
    this.keys = keys;
    this.cors = cors;
    this.isLocal = isLocal;
    this.path = path;
    this.sdkRoot = sdkRoot;
  }

  @Override
  public @Nullable Refusal check(RequestHead head) {
    TrackingAction action = action(head.path());
    if (action == null) {
      return new Refusal(
          404,
          "not_found",
          "expected %1$s/batch, %1$s/import or %1$s/TYPE, found another path".formatted(path));
    }
    TrackingAction.Kind kind = action.kind();
    if (isLocal && !head.isForLoopback()) {
      return Refusal.ofHost(head);
    }
    boolean isImage = kind == TrackingAction.Kind.PIXEL;
    if (isImage ? !cors.isImageAllowed(head) : !cors.isAllowed(head)) {
      return new Refusal(
          403,
          "forbidden_origin",
          "expected a page of webhooks.cors.origins, found one of another origin");
    }
    if (head.method().equals("OPTIONS")) {
      return null;
    }
    if (!kind.takes(head.method())) {
      return new Refusal(
          405,
          "method_not_allowed",
          "expected " + kind.expected() + ", found " + head.method(),
          Map.of("Allow", kind.allow()));
    }
    String authorization = action.authorization(head);
    return keys.hasKnown(authorization)
        ? null
        : checkKey(authorization, head.address(), kind.hasNoBody());
  }

  private @Nullable Refusal checkKey(
      @Nullable String authorization, @Nullable String address, boolean isAll) {
    if (wrongKeys.areTooMany(address)) {
      return Refusal.ofAddress();
    }
    return isAll || keys.hasUnknown(authorization) ? wrongKey(address) : null;
  }

  /** Counts a wrong key for the sender's address and returns the refusal. */
  Refusal wrongKey(@Nullable String address) {
    wrongKeys.add(address);
    return new Refusal(401, "unauthorized", "expected a known write key, found none or another");
  }

  /**
   * Counts a refused body as a wrong key, unless the head has a known one. The body was refused
   * before a key could be read from it, and costs as much as one with a wrong key.
   */
  void refused(RequestHead head) {
    if (!keys.hasKnown(head.authorization())) {
      wrongKeys.add(head.address());
    }
  }

  /** The purpose of a request to a path, or null if there is no such path. */
  @Nullable TrackingAction action(String asked) {
    if (path == null) {
      return TrackingAction.of(TrackingAction.Kind.ANY);
    }
    String single = asked.contains("//") ? asked.replaceAll("/+", "/") : asked;
    String bare = single.endsWith("/") ? single.substring(0, single.length() - 1) : single;
    if (bare.startsWith(path + "/")) {
      return TrackingAction.of(bare.substring(path.length() + 1));
    }
    if (sdkRoot == null) {
      return null;
    }
    if (bare.equals(sdkRoot + ServerPaths.SOURCE_CONFIG)) {
      return TrackingAction.of(TrackingAction.Kind.SOURCE_CONFIG);
    }
    return bare.equals(sdkRoot + ServerPaths.BEACON + "/batch")
        ? TrackingAction.of(TrackingAction.Kind.BEACON)
        : null;
  }

  @Override
  public Map<String, Object> headers(@Nullable String origin) {
    return cors.headers(origin);
  }
}
