package io.dromedary;

import static io.dromedary.testing.Json.json;

import com.rudderstack.sdk.java.analytics.Callback;
import com.rudderstack.sdk.java.analytics.RudderAnalytics;
import com.rudderstack.sdk.java.analytics.messages.AliasMessage;
import com.rudderstack.sdk.java.analytics.messages.GroupMessage;
import com.rudderstack.sdk.java.analytics.messages.IdentifyMessage;
import com.rudderstack.sdk.java.analytics.messages.Message;
import com.rudderstack.sdk.java.analytics.messages.MessageBuilder;
import com.rudderstack.sdk.java.analytics.messages.PageMessage;
import com.rudderstack.sdk.java.analytics.messages.ScreenMessage;
import com.rudderstack.sdk.java.analytics.messages.TrackMessage;
import io.dromedary.event.EventType;
import java.util.Map;

/** RudderStack's SDK, {@code com.rudderstack.sdk.java.analytics:analytics:3.1.2}. */
final class RudderStackSdk extends Sdk {

  private final RudderAnalytics analytics;

  RudderStackSdk(Application application) {
    analytics =
        RudderAnalytics.builder("key")
            // With it the SDK posts to /v1/batch, in gzip and chunks.
            .setDataPlaneUrl(application.url(""))
            .callback(
                new Callback() {
                  @Override
                  public void success(Message message) {
                    succeeded();
                  }

                  @Override
                  public void failure(Message message, Throwable error) {
                    failed(error);
                  }
                })
            .build();
  }

  @Override
  void send(EventType type, String messageId, Map<String, ?> properties) {
    MessageBuilder<?, ?> message =
        switch (type) {
          case IDENTIFY -> IdentifyMessage.builder().traits(properties);
          case TRACK -> TrackMessage.builder("e").properties(properties);
          case PAGE -> PageMessage.builder("p").properties(properties);
          case SCREEN -> ScreenMessage.builder("s").properties(properties);
          case GROUP -> GroupMessage.builder("g").traits(properties);
          case ALIAS -> AliasMessage.builder("p");
          case DELETE -> throw new IllegalArgumentException("it has no " + type);
        };
    analytics.enqueue(message.messageId(messageId).userId("u"));
  }

  @Override
  void flush() {
    analytics.flush();
  }

  @Override
  String delivered(EventType type, String messageId, String fields) {
    return json(
        """
        {'type':'%s','messageId':'%s','channel':'server','timestamp':'TIME',\
        'context':{'library':{'name':'analytics-java','version':'3.1.2'}},\
        'userId':'u','integrations':{},%s,\
        'version':1,'sentAt':'TIME','receivedAt':'TIME','originalTimestamp':'TIME'}"""
            .formatted(type.json(), messageId, fields));
  }

  @Override
  public void close() {
    analytics.shutdown();
  }
}
