package io.dromedary.settings;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds inbounds at a path that the same server already serves. Only one of the two would get the
 * requests. The request bin, for example, would answer an event with 200 without storing it. Not
 * thread-safe.
 */
final class PathClashes {

  private static final String OBSERVED = "/observe";

  /**
   * A path that is served.
   *
   * @param whose its owner, as error messages name it after "that of"
   * @param isPrefix whether all paths below it are served, too
   */
  private record Taken(String whose, String path, boolean isPrefix) {

    /** Returns whether a request can match both paths. A parameter, {@code {id}}, matches all. */
    boolean meets(Taken other) {
      String[] own = segments();
      String[] others = other.segments();
      int common = Math.min(own.length, others.length);
      for (int i = 0; i < common; i++) {
        boolean isEither = own[i].startsWith("{") || others[i].startsWith("{");
        if (!isEither && !own[i].equals(others[i])) {
          return false;
        }
      }
      return own.length == others.length || (own.length < others.length ? this : other).isPrefix;
    }

    private String[] segments() {
      return path.equals("/") ? new String[0] : path.substring(1).split("/", -1);
    }
  }

  private final PropertyReader keys;
  private final List<Taken> taken = new ArrayList<>();

  /** The paths with which the path of the tracking API has been compared before. */
  private final List<Taken> compared = new ArrayList<>();

  PathClashes(PropertyReader keys, HttpServerInfo server, ServerPaths paths) {
    this.keys = keys;
    take("the request bin", ServerPaths.BIN, false);
    take(keys.full("management.path"), paths.management(), true);
    compared.addAll(taken);
    if (server.isOfCamel()) {
      take("health and metrics", OBSERVED, true);
    }
  }

  private void take(String whose, String path, boolean isPrefix) {
    taken.add(new Taken(whose, path, isPrefix));
  }

  /** Reports a problem for each inbound whose path clashes with another one. */
  void check(List<Inbound> inbounds, ServerPaths paths) {
    if (inbounds.stream().anyMatch(paths::isForSdks)) {
      ServerPaths.sdkPaths(paths.tracking()).stream()
          .filter(path -> !path.equals(paths.tracking()))
          .forEach(path -> take("SDKs beside the tracking API", path, true));
    }
    for (Inbound inbound : inbounds) {
      if (inbound.isOfPlatform()) {
        boolean isPrefix = UriOptions.of(inbound.uri()).anyMatch("matchOnUriPrefix=true"::equals);
        check(
            inbound,
            new Taken(keys.full(inbound.key()), inbound.path(), isPrefix),
            inbound.path().equals(paths.tracking()) ? compared : List.of());
      }
    }
  }

  private void check(Inbound inbound, Taken own, List<Taken> without) {
    taken.stream()
        .filter(other -> own.meets(other) && !without.contains(other))
        .findFirst()
        .ifPresent(
            other ->
                keys.problem(
                    inbound.key(),
                    inbound.path(),
                    "another path than that of "
                        + other.whose()
                        + (other.path().equals(own.path()) ? "" : " (" + other.path() + ")")));
    taken.add(own);
  }
}
