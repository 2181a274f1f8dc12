package io.dromedary.http;

import jakarta.servlet.http.HttpServletRequest;
import org.apache.camel.Message;
import org.apache.camel.http.common.DefaultHttpBinding;

/**
 * Hands requests to a Jetty endpoint on as they came: Jetty would read the body of what calls
 * itself a form, and Camel would make headers of a query. Loaded only where there are servlets.
 */
public final class ServletRawBodies extends DefaultHttpBinding {

  @Override
  protected void readHeaders(HttpServletRequest request, Message message) {
    super.readHeaders(request, message);
    // In the place of what the sender may have said.
    message.getHeaders().put(RequestHead.ADDRESS, request.getRemoteAddr());
  }

  @Override
  protected void readFormUrlEncodedBody(HttpServletRequest request, Message message) {}

  @Override
  protected void populateRequestParameters(HttpServletRequest request, Message message) {}

  @Override
  protected void populateAttachments(HttpServletRequest request, Message message) {}
}
