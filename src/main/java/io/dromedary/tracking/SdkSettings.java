package io.dromedary.tracking;

import io.dromedary.http.RequestHead;
import io.dromedary.json.JsonFields;
import io.dromedary.settings.PublicUrl;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The settings that SDKs of browsers and mobile applications request before they send. Without them
 * they send nothing. Immutable.
 */
final class SdkSettings {

  /** A host name or an IP address, with or without a port. */
  private static final Pattern HOST =
      Pattern.compile("([A-Za-z0-9._-]{1,255}|\\[[0-9A-Fa-f:.]{2,45}])(:\\d{1,5})?");

  private final @Nullable PublicUrl publicUrl;
  private final String path;

  /**
   * Makes the settings of a server.
   *
   * @param publicUrl the URL of the server for senders; if null, the request's {@code Host} is used
   * @param path the path of the tracking API, below that URL
   */
  SdkSettings(@Nullable PublicUrl publicUrl, String path) {
    this.publicUrl = publicUrl;
    this.path = path;
  }

  /**
   * The settings for Segment's SDKs, with the host that the SDK is to send to.
   *
   * @param url the request's URL as its sender wrote it
   * @return JSON, or null if the request's {@code Host} is not valid. No other header may decide
   *     where the SDK sends to.
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
      // For any other host, a proxy in front may terminate TLS.
      isPlain = head.isForLoopback() && url.startsWith("http:");
    }
    return JsonFields.write(
        json -> {
          json.writeObjectFieldStart("integrations");
          json.writeObjectFieldStart("Segment.io");
          json.writeStringField("apiKey", RequestHead.decode(key));
          json.writeStringField("apiHost", apiHost);
          if (isPlain) {
            // Without it the SDK uses https.
            json.writeStringField("protocol", "http");
          }
          json.writeEndObject();
          json.writeEndObject();
          // Otherwise the SDK reports its own metrics to Segment.
          json.writeObjectFieldStart("metrics");
          json.writeNumberField("sampleRate", 0);
          json.writeEndObject();
        });
  }

  /** The path of a URL without {@code end}: what a proxy in front may have put before our path. */
  private static String before(String end, String url) {
    String path = url.replaceFirst("^[^:/]*://[^/]*", "").replaceFirst("[?#].*$", "");
    String single = path.replaceAll("/+", "/").replaceFirst("/$", "");
    return single.endsWith(end) ? single.substring(0, single.length() - end.length()) : single;
  }

  /** The settings for RudderStack's SDKs: send all events here, and to no other destination. */
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
