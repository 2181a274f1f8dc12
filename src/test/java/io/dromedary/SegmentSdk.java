package io.dromedary;

import static io.dromedary.testing.Json.json;

import com.segment.analytics.Analytics;
import com.segment.analytics.Callback;
import com.segment.analytics.messages.AliasMessage;
import com.segment.analytics.messages.GroupMessage;
import com.segment.analytics.messages.IdentifyMessage;
import com.segment.analytics.messages.Message;
import com.segment.analytics.messages.MessageBuilder;
import com.segment.analytics.messages.PageMessage;
import com.segment.analytics.messages.ScreenMessage;
import com.segment.analytics.messages.TrackMessage;
import io.dromedary.event.EventType;
import java.util.Map;

/** Segment's SDK, {@code com.segment.analytics.java:analytics:3.5.4}. */
final class SegmentSdk extends Sdk {

  private final Analytics analytics;

  SegmentSdk(Application application) {
    analytics =
        Analytics.builder("key")
            // With it the SDK posts to //v1/import/.
            .endpoint(application.url("/"))
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
        {'type':'%s','messageId':'%s','timestamp':'TIME','userId':'u','integrations':{},%s,\
        'context':{'library':{'name':'analytics-java','version':'3.5.4'},'instanceId':'UUID'},\
        'version':1,'sentAt':'TIME','receivedAt':'TIME','originalTimestamp':'TIME'}"""
            .formatted(type.json(), messageId, fields));
  }

  @Override
  public void close() {
    analytics.shutdown();
  }
}
