package io.dromedary.crash;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/** Sends to the tracking API of any of the nodes. */
record HttpSender(List<Node> nodes, HttpClient http) implements Sender {

  static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String ACCEPTED = "{\"success\":true}";

  HttpSender(List<Node> nodes) {
    this(nodes, HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build());
  }

  @Override
  public void send(Random random, String events) throws IOException, InterruptedException {
    boolean single = events.startsWith("{");
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(
                    URI.create(
                        nodes.get(random.nextInt(nodes.size())).url()
                            + (single ? "/v1/track" : "/v1/batch")))
                .timeout(PATIENCE)
                .POST(BodyPublishers.ofString(single ? events : "{\"batch\":" + events + "}"))
                .build(),
            BodyHandlers.ofString());
    if (answer.statusCode() == 503) {
      throw new IOException("503");
    } else if (answer.statusCode() != 200 || !answer.body().equals(ACCEPTED)) {
      throw new IllegalStateException(
          "a sender was answered " + answer.statusCode() + " " + answer.body());
    }
  }
}
