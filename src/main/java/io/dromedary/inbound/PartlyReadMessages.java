package io.dromedary.inbound;

import io.dromedary.event.UnreadableBodyException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * Remembers how far a message was read that could not be read to its end. Some sources keep such a
 * message and hand it over again until it is acknowledged. Reading then continues after the events
 * that are stored, as long as the message is the same. Kept in memory for up to 1,000 messages;
 * after a restart a message is read from its start. Thread-safe.
 */
final class PartlyReadMessages {

  private static final int MOST = 1000;

  private static final List<String> FILE =
      List.of("CamelFilePath", "CamelFileLength", "CamelFileLastModified");

  /** The headers that identify a message, by the components that keep a message if it fails. */
  private static final Map<String, List<String>> IDENTITY =
      Map.of(
          "aws2-s3", List.of("CamelAwsS3BucketName", "CamelAwsS3Key", "CamelAwsS3ETag"),
          "file", FILE,
          "ftp", FILE,
          "ftps", FILE,
          "sftp", FILE,
          "smb", FILE);

  private final Map<String, Long> bytes =
      Collections.synchronizedMap(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
              return size() > MOST;
            }
          });

  /** A name that identifies the message, or null if its source does not keep it. */
  static @Nullable String name(Exchange exchange) {
    if (exchange.getFromEndpoint() == null) {
      return null;
    }
    String uri = exchange.getFromEndpoint().getEndpointBaseUri();
    List<String> headers = IDENTITY.get(uri.substring(0, Math.max(0, uri.indexOf(':'))));
    if (headers == null || exchange.getMessage().getHeader(headers.get(0)) == null) {
      return null;
    }
    return uri
        + headers.stream()
            .map(header -> String.valueOf(exchange.getMessage().getHeader(header)))
            .collect(Collectors.joining(" ", " ", ""));
  }

  /** How many bytes of a message hold events that are stored already. */
  long taken(String name) {
    return bytes.getOrDefault(name, 0L);
  }

  /** Records the end of an exchange. All events before a failure are stored. */
  void note(String name, Exchange done) {
    UnreadableBodyException failure = done.getException(UnreadableBodyException.class);
    if (failure != null) {
      bytes.put(name, failure.bytes());
    } else if (!done.isFailed()) {
      bytes.remove(name);
    }
  }
}
