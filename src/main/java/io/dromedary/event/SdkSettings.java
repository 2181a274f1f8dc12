package io.dromedary.event;

import io.dromedary.http.RequestHead;
import io.dromedary.json.JsonFields;
import io.dromedary.settings.PublicUrl;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What SDKs of browsers and mobile applications ask before they send, and without which they send
 * nothing. Immutable.
 */
final class SdkSettings {

  /** A name or an address, with or without a port. */
  private static final Pattern HOST =
      Pattern.compile("([A-Za-z0-9._-]{1,255}|\\[[0-9A-Fa-f:.]{2,45}])(:\\d{1,5})?");

  private final @Nullable PublicUrl publicUrl;
  private final String path;

  /**
   * Settings.
   *
   * @param publicUrl where senders reach the server; null: at the {@code Host} that they ask for
   * @param path the path of the tracking API, below that URL
   */
  SdkSettings(@Nullable PublicUrl publicUrl, String path) {
    this.publicUrl = publicUrl;
    this.path = path;
  }

  /**
   * Segment's. Null where the host that was asked for is none: of what a request says of itself,
   * nothing else may decide where its sender sends to.
   *
   * @param url of the request, as its sender knows it
   */
  @Nullable String ofSegment(RequestHead head, String key, String url) {
    String host = head.host();
    boolean isPlain;
    String apiHost;
    if (publicUrl != null) {
      apiHost = publicUrl.place() + path;
      isPlain = publicUrl.isPlain();
    } else if (host == null || !HOST.matcher(host).matches()) {
      return null;
    } else {
      apiHost = host + before("/projects/" + key + "/settings", url);
      // Elsewhere a proxy may well speak TLS.
      isPlain = head.isForLoopback() && url.startsWith("http:");
    }
    return JsonFields.write(
        json -> {
          json.writeObjectFieldStart("integrations");
          json.writeObjectFieldStart("Segment.io");
          json.writeStringField("apiKey", RequestHead.decode(key));
          json.writeStringField("apiHost", apiHost);
          if (isPlain) {
            // The SDK takes https otherwise.
            json.writeStringField("protocol", "http");
          }
          json.writeEndObject();
          json.writeEndObject();
          // The SDK tells Segment how it fares otherwise.
          json.writeObjectFieldStart("metrics");
          json.writeNumberField("sampleRate", 0);
          json.writeEndObject();
        });
  }

  /** The path of a URL without its end, which a server may have put something in front of. */
  private static String before(String end, String url) {
    String path = url.replaceFirst("^[^:/]*://[^/]*", "").replaceFirst("[?#].*$", "");
    String single = path.replaceAll("/+", "/").replaceFirst("/$", "");
    return single.endsWith(end) ? single.substring(0, single.length() - end.length()) : single;
  }

  /** RudderStack's: all is sent to the server, which alone knows its destinations. */
  static String ofRudderStack(String key) {
    return JsonFields.write(
        json -> {
          json.writeObjectFieldStart("source");
          json.writeStringField("id", "dromedary");
          json.writeStringField("name", "dromedary");
          json.writeStringField("writeKey", key);
          json.writeBooleanField("enabled", true);
          json.writeStringField("workspaceId", "dromedary");
          json.writeStringField("updatedAt", "2026-01-01T00:00:00.000Z");
          json.writeObjectFieldStart("config");
          json.writeObjectFieldStart("statsCollection");
          for (String what : new String[] {"errors", "metrics"}) {
            json.writeObjectFieldStart(what);
            json.writeBooleanField("enabled", false);
            json.writeEndObject();
          }
          json.writeEndObject();
          json.writeEndObject();
          json.writeArrayFieldStart("destinations");
          json.writeEndArray();
          json.writeEndObject();
        });
  }
}
