package io.dromedary.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.Application;
import io.dromedary.testing.Http;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the view of the effective settings, over HTTP. */
@Timeout(60)
class SettingsViewTest {

  @TempDir Path folder;

  @Test
  void eachSettingSaysWhereItCameFromAndNoSecretIsShown() {
    Map<String, String> settings =
        Map.of(
            "webhooks.urls", "https://one.example/hush?key=hush,http://two.example/hush",
            "webhooks.signing.secret", "hush-hush,new-hush",
            "webhooks.headers.X-Key", "hush",
            "webhooks.http.authPassword", "hush",
            "webhooks.http.authUsername", "hush",
            "webhooks.management.secret", "token-hush",
            "webhooks.retry.window", "8h",
            "webhooks.transform", "log:events?marker=hush",
            "webhooks.destination.crm.urls", "https://crm.example/hush");
    System.setProperty("webhooks.user-agent", "from-the-command-line");
    try (Application application = Application.start(folder, settings)) {
      String page =
          Http.send(
                  "GET",
                  application.url("/dromedary/settings"),
                  "Authorization",
                  "Bearer token-hush")
              .body();

      assertThat(PageText.of(page))
          .contains(
              "webhooks.urls https://one.example, http://two.example application.properties",
              "webhooks.signing.secret fingerprint ",
              "webhooks.headers.X-Key set",
              "webhooks.http.authPassword set",
              "webhooks.retry.window 8h application.properties",
              "webhooks.destination.crm.urls https://crm.example",
              "webhooks.user-agent from-the-command-line -D",
              "settings have their defaults",
              "webhooks.timeout 5s");
      assertThat(page).doesNotContain("hush");
    } finally {
      System.clearProperty("webhooks.user-agent");
    }
  }
}
