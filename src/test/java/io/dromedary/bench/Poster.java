package io.dromedary.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;

/** Apache HttpClient, which all variants are built on, with nothing around it. Thread-safe. */
final class Poster {

  private final CloseableHttpClient client;
  private final URI uri;

  /**
   * @param threads so many may post at once, each on a connection of its own
   */
  Poster(URI uri, int threads) {
    this.uri = uri;
    this.client =
        HttpClients.custom()
            .setConnectionManager(
                PoolingHttpClientConnectionManagerBuilder.create()
                    .setMaxConnPerRoute(threads)
                    .setMaxConnTotal(threads)
                    .build())
            // It would repeat a 503 by itself.
            .disableAutomaticRetries()
            .build();
  }

  /** The status of the answer. */
  int post(byte[] json) {
    HttpPost request = new HttpPost(uri);
    request.setEntity(new ByteArrayEntity(json, ContentType.APPLICATION_JSON));
    try {
      return client.execute(
          request,
          answer -> {
            EntityUtils.consume(answer.getEntity());
            return answer.getCode();
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
