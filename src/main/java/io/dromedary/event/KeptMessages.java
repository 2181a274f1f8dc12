package io.dromedary.event;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * Messages that could not be read to their end, and which their sources keep: they hand them over
 * again until they are taken. Remembers how far each was read, so that it goes on there, as long as
 * the message is the same. Thread-safe.
 */
final class KeptMessages {

  private static final int MOST = 1000;

  private static final List<String> FILE =
      List.of("CamelFilePath", "CamelFileLength", "CamelFileLastModified");

  /** By the components that keep what fails: the headers that tell one message from any other. */
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

  /** What a source calls its message, or null if it does not keep it. */
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

  /** How many bytes of a message have been taken before. */
  long taken(String name) {
    return bytes.getOrDefault(name, 0L);
  }

  /** Notes what has become of a message: all that came before its failure is stored. */
  void note(String name, Exchange done) {
    UnreadableBodyException failure = done.getException(UnreadableBodyException.class);
    if (failure != null) {
      bytes.put(name, failure.bytes());
    } else if (!done.isFailed()) {
      bytes.remove(name);
    }
  }
}
