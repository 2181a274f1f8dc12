package io.dromedary.settings;

import java.io.File;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.ResolveEndpointFailedException;
import org.apache.camel.component.file.FileEndpoint;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code webhooks.inbound}, by default the tracking API, and the keys {@code
 * webhooks.inbound.NAME}.
 */
final class InboundReader {

  /** The value that stands for the tracking API, so that nobody has to know its URI. */
  private static final String TRACKING_API = "tracking-api";

  /** The most inbounds. Each has a route and the threads of its component. */
  private static final int MOST = 20;

  private final CamelContext context;
  private final PropertyReader keys;
  private final HttpServerInfo server;
  private final ServerPaths paths;

  InboundReader(
      CamelContext context, PropertyReader keys, HttpServerInfo server, ServerPaths paths) {
    this.context = context;
    this.keys = keys;
    this.server = server;
    this.paths = paths;
  }

  List<Inbound> read() {
    Map<String, String> uris = new LinkedHashMap<>();
    uris.put(Inbound.DEFAULT, keys.text("inbound", TRACKING_API));
    keys.named("inbound.")
        .forEach(
            (name, uri) -> {
              // The names of environment variables are in upper case.
              String lower = name.toLowerCase(Locale.ROOT);
              if (!lower.matches("[a-z0-9-]{1,50}") || uris.put(lower, uri) != null) {
                keys.problem(
                    "inbound.*",
                    name,
                    "a name of up to 50 letters, digits and hyphens, other than default");
              }
            });
    if (uris.size() > MOST) {
      keys.problem("inbound.*", uris.size() + " inbounds", "at most " + MOST + " inbounds");
    }
    List<Inbound> inbounds = new ArrayList<>();
    uris.forEach((name, uri) -> inbounds.add(complete(new Inbound(name, uri))));
    inbounds.forEach(this::check);
    new PathClashes(keys, server, paths).check(inbounds, paths);
    return List.copyOf(inbounds);
  }

  private Inbound complete(Inbound inbound) {
    if (inbound.uri().equals(TRACKING_API)) {
      return new Inbound(inbound.name(), paths.trackingApi());
    }
    boolean isTracking = inbound.isHttp() && inbound.path().equals(paths.tracking());
    // SDKs use paths below that path.
    return isTracking
        ? new Inbound(
            inbound.name(), UriOptions.with(inbound.uri(), List.of("matchOnUriPrefix=true")))
        : inbound;
  }

  private void check(Inbound inbound) {
    String uri = inbound.uri();
    if (!Components.has(context, uri)) {
      keys.problem(inbound.key(), EndpointUri.beginning(uri), Components.expected(context, uri));
    } else if (inbound.scheme().equals("file") && !uri.contains("autoCreate=true")) {
      File folder = folder(uri);
      if (folder == null || !folder.isDirectory()) {
        // Camel would create a misspelt folder and watch it for ever.
        keys.problem(
            inbound.key(),
            EndpointUri.origin(uri),
            "a folder that exists (or the option autoCreate=true)");
      }
    }
    if (inbound.isHttp() && !isLocal(inbound, server) && !hasWriteKey()) {
      keys.problem(
          "write-key.secret",
          null,
          "at least one write key, since the server listens beyond loopback ("
              + (inbound.isServer() ? ofItsOwn(inbound) : ofTheServer())
              + ")");
    }
  }

  private String ofTheServer() {
    return server.hostKey()
        + " is "
        + (server.host() == null ? "not set" : "\"" + server.host() + "\"");
  }

  private String ofItsOwn(Inbound inbound) {
    return keys.full(inbound.key()) + " is on \"" + inbound.host() + "\"";
  }

  /** Returns whether there are inbounds over HTTP and only this machine can reach them. */
  static boolean areLocal(List<Inbound> inbounds, HttpServerInfo server) {
    List<Inbound> overHttp = inbounds.stream().filter(Inbound::isHttp).toList();
    return !overHttp.isEmpty() && overHttp.stream().allMatch(each -> isLocal(each, server));
  }

  /** Returns whether only this machine can reach an inbound over HTTP. */
  private static boolean isLocal(Inbound inbound, HttpServerInfo server) {
    return inbound.isServer() ? Settings.isLoopback(inbound.host()) : server.isLocal();
  }

  private boolean hasWriteKey() {
    return Secrets.areSet(keys, "write-key.secret")
        || keys.destinations().stream()
            .anyMatch(name -> Secrets.areSet(keys.ofDestination(name), "write-key.secret"));
  }

  private @Nullable File folder(String uri) {
    try {
      // The options are left out, since they may name beans that do not exist yet.
      return context.getEndpoint(EndpointUri.origin(uri)) instanceof FileEndpoint endpoint
          ? endpoint.getFile()
          : null;
    } catch (ResolveEndpointFailedException e) {
      return null;
    }
  }
}
