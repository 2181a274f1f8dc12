package io.dromedary.spring;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request of which only the bytes of its body count, whatever it calls them. */
final class RawRequest extends HttpServletRequestWrapper {

  /** The second is what makes an OPTIONS a question that Spring answers by itself, with a no. */
  private static final Set<String> HIDDEN = Set.of("content-type", "access-control-request-method");

  private final byte[] body;

  RawRequest(HttpServletRequest request, byte[] body) {
    super(request);
    this.body = body;
  }

  private static boolean isHidden(String name) {
    return HIDDEN.contains(name.toLowerCase(Locale.ROOT));
  }

  /** Some SDKs double slashes, and Spring would know no such path. */
  @Override
  public String getRequestURI() {
    return super.getRequestURI().replaceAll("/+", "/");
  }

  /** Camel asks here whether to unpack a body, which it would do without a limit. */
  @Override
  public @Nullable String getHeader(String name) {
    return isHidden(name) || name.equalsIgnoreCase("Content-Encoding")
        ? null
        : super.getHeader(name);
  }

  /** From here Camel takes the headers of its message. */
  @Override
  public Enumeration<String> getHeaders(String name) {
    return isHidden(name) ? Collections.emptyEnumeration() : super.getHeaders(name);
  }

  @Override
  public Enumeration<String> getHeaderNames() {
    List<String> names = Collections.list(super.getHeaderNames());
    names.removeIf(RawRequest::isHidden);
    return Collections.enumeration(names);
  }

  @Override
  public @Nullable String getContentType() {
    return null;
  }

  @Override
  public int getContentLength() {
    return body.length;
  }

  @Override
  public long getContentLengthLong() {
    return body.length;
  }

  @Override
  public BufferedReader getReader() {
    return new BufferedReader(new InputStreamReader(getInputStream(), UTF_8));
  }

  @Override
  public ServletInputStream getInputStream() {
    ByteArrayInputStream bytes = new ByteArrayInputStream(body);
    return new ServletInputStream() {
      @Override
      public int read() {
        return bytes.read();
      }

      @Override
      public int read(byte[] into, int offset, int length) {
        return bytes.read(into, offset, length);
      }

      @Override
      public int available() {
        return bytes.available();
      }

      @Override
      public boolean isFinished() {
        return bytes.available() == 0;
      }

      @Override
      public boolean isReady() {
        return true;
      }

      @Override
      public void setReadListener(ReadListener listener) {
        throw new IllegalStateException("The body is in memory.");
      }
    };
  }
}
