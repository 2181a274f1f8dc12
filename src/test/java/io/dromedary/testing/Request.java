package io.dromedary.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One request as it came off the wire; only chunks are joined. Immutable but for its body. */
public final class Request {

  /** A header line, its name in the case in which it came. */
  public record Header(String name, String value) {}

  private final String method;
  private final String path;
  private final List<Header> headers;
  private final byte[] body;
  private final Instant at;
  private final long nanos;
  private final int connection;

  Request(
      String method,
      String path,
      List<Header> headers,
      byte[] body,
      Instant at,
      long nanos,
      int connection) {
    this.method = method;
    this.path = path;
    this.headers = List.copyOf(headers);
    this.body = body;
    this.at = at;
    this.nanos = nanos;
    this.connection = connection;
  }

  public String method() {
    return method;
  }

  /** The request target as sent, with the query. */
  public String path() {
    return path;
  }

  /** All header lines in the order in which they came. */
  public List<Header> headers() {
    return headers;
  }

  /** The values of all header lines of that name, in any case. */
  public List<String> headers(String name) {
    return headers.stream()
        .filter(header -> header.name().equalsIgnoreCase(name))
        .map(Header::value)
        .toList();
  }

  /** The value of the first header line of that name, in any case; null if there is none. */
  public @Nullable String header(String name) {
    for (Header header : headers) {
      if (header.name().equalsIgnoreCase(name)) {
        return header.value();
      }
    }
    return null;
  }

  /** The body's bytes. Not a copy: do not write to it. */
  public byte[] body() {
    return body;
  }

  /** The body as UTF-8. */
  public String text() {
    return new String(body, UTF_8);
  }

  /** When its first byte was there. */
  public Instant at() {
    return at;
  }

  /** {@link System#nanoTime} when its first byte was there. */
  public long nanos() {
    return nanos;
  }

  /** The serial number, from 1, of the connection it came on. */
  public int connection() {
    return connection;
  }

  @Override
  public String toString() {
    return method + " " + path + " " + headers + " " + text();
  }
}
