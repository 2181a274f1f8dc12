package io.dromedary.http;

import jakarta.servlet.http.HttpServletRequest;
import org.apache.camel.Message;
import org.apache.camel.http.common.DefaultHttpBinding;

/**
 * Passes requests to a Jetty endpoint on unchanged. Jetty would read the body if it claims to be a
 * form, and Camel would turn query parameters into headers. Loaded only if servlets are present.
 */
public final class ServletRawBodies extends DefaultHttpBinding {

  @Override
  protected void readHeaders(HttpServletRequest request, Message message) {
    super.readHeaders(request, message);
    // Overwrites a value that the sender may have set.
    message.getHeaders().put(RequestHead.ADDRESS, request.getRemoteAddr());
  }

  @Override
  protected void readFormUrlEncodedBody(HttpServletRequest request, Message message) {}

  @Override
  protected void populateRequestParameters(HttpServletRequest request, Message message) {}

  @Override
  protected void populateAttachments(HttpServletRequest request, Message message) {}
}
