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

/** A request that passes its body on as raw bytes, whatever content type it claims. */
final class RawRequest extends HttpServletRequestWrapper {

  /**
   * Without the second header, Spring does not take an OPTIONS request for a preflight and refuse
   * it.
   */
  private static final Set<String> HIDDEN = Set.of("content-type", "access-control-request-method");

  private final byte[] body;

  RawRequest(HttpServletRequest request, byte[] body) {
    super(request);
    this.body = body;
  }

  private static boolean isHidden(String name) {
    return HIDDEN.contains(name.toLowerCase(Locale.ROOT));
  }

  /** Some SDKs double slashes, and Spring would not recognise such a path. */
  @Override
  public String getRequestURI() {
    return super.getRequestURI().replaceAll("/+", "/");
  }

  /** Camel decompresses the body if this header is present, without a limit. */
  @Override
  public @Nullable String getHeader(String name) {
    return isHidden(name) || name.equalsIgnoreCase("Content-Encoding")
        ? null
        : super.getHeader(name);
  }

  /** Camel copies the headers of its message from here. */
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
