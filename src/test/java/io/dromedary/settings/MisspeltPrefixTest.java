package io.dromedary.settings;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys with a misspelt prefix. Without an error, events would go to the request bin. */
class MisspeltPrefixTest {

  private static final String LOOPBACK = "camel.server.host=127.0.0.1\ncamel.server.port=8080\n";

  @TempDir Path folder;
  private final Map<String, String> environment = new HashMap<>();
  private boolean isApplication = true;

  @AfterEach
  void clearSystemProperties() {
    System.clearProperty("webhook.urls");
  }

  private Settings read(String file) throws IOException {
    CamelContext context = new DefaultCamelContext();
    try {
      Path properties =
          Files.writeString(folder.resolve("application.properties"), file + LOOPBACK, UTF_8);
      context.getPropertiesComponent().setLocation("file:" + properties);
      if (isApplication) {
        context.getPropertiesComponent().addInitialProperty(PropertyReader.APPLICATION, "true");
      }
      context.build();
      return Settings.read(context, environment);
    } finally {
      context.stop();
    }
  }

  private void misspellAll() {
    System.setProperty("webhook.urls", "https://s3cret.example");
    environment.put("WEBHOOK_SIGNING_SECRET", "s3cret");
    environment.put("webhooks_urls", "https://s3cret.example");
    environment.put("webhooks.acks", "1");
    environment.put("WEB_HOOKS_RETRY_WINDOW", "1h");
  }

  private static final String FILE =
      "webhook.urls=https://s3cret.example\nWebhooks.acks=1\nweb-hooks.retry.window=1h\n";

  @Test
  void eachIsNamedWithWhatIsMeant() {
    misspellAll();

    assertThatThrownBy(() -> read(FILE))
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessage(
            """
            Dromedary cannot start: 8 settings are wrong.
              Webhooks.acks: no such key; did you mean webhooks.acks?
              web-hooks.retry.window: no such key; did you mean webhooks.retry.window?
              webhook.urls: no such key; did you mean webhooks.urls?
              -Dwebhook.urls: no such key; did you mean webhooks.urls?
              WEBHOOK_SIGNING_SECRET: no such variable; did you mean WEBHOOKS_SIGNING_SECRET?
              WEB_HOOKS_RETRY_WINDOW: no such variable; did you mean WEBHOOKS_RETRY_WINDOW?
              webhooks.acks: no such variable; did you mean WEBHOOKS_ACKS?
              webhooks_urls: no such variable; did you mean WEBHOOKS_URLS?""");
  }

  /** A host may use such keys itself, or map them to Dromedary's. */
  @Test
  void aHostIsLeftAlone() throws IOException {
    isApplication = false;
    misspellAll();

    assertThat(read(FILE).destinations()).hasSize(1);
  }

  @Test
  void whatIsOfOthersIsNoKey() throws IOException {
    environment.put("WEBHOOK_URL", "https://ci.example");
    environment.put("WEBHOOK_PORT", "80");
    environment.put("GITHUB_WEBHOOK_SECRET", "s");

    assertThat(read("webhook.colour=red\nwebhook=1\nmy.webhooks.urls=x\n").destinations())
        .hasSize(1);
  }

  /** A byte order mark before a key is reported elsewhere. Before a comment it does no harm. */
  @Test
  void aByteOrderMarkBeforeACommentOrNothingIsNoKey() throws IOException {
    for (String first : new String[] {"# a = comment", "#webhooks.acks = 9", "! b", ""}) {
      assertThat(read("\uFEFF" + first + "\nwebhooks.retry.window=1h\n").destinations())
          .as(first)
          .hasSize(1);
    }
  }
}
