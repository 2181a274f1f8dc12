package io.dromedary.settings;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The settings of alerts, valid and wrong. */
class AlertSettingsTest {

  private static final String SECRET = "whsec_c2l4dGVlbi1ieXRlcy1vci1tb3Jl";

  @TempDir Path folder;

  private Settings read(String... lines) throws IOException {
    Path properties =
        Files.writeString(
            folder.resolve("application.properties"),
            "camel.server.host=127.0.0.1\ncamel.server.port=8080\n" + String.join("\n", lines),
            UTF_8);
    CamelContext context = new DefaultCamelContext();
    try {
      context.getPropertiesComponent().setLocation("file:" + properties);
      context.getPropertiesComponent().addInitialProperty(PropertyReader.APPLICATION, "true");
      context.build();
      return Settings.read(context, Map.of());
    } finally {
      context.stop();
    }
  }

  @Test
  void nobodyIsToldUnlessItIsSet() throws IOException {
    assertThat(read().alert()).isNull();
    assertThat(read("webhooks.alert.after = 2m").alert()).isNull();
  }

  @Test
  void aUrlIsReadAsThatOfAWebhook() throws IOException {
    Settings settings =
        read(
            "webhooks.alert = HTTPS://alerts.example/hook?token=a",
            "webhooks.alert.signing.secret = " + SECRET,
            "webhooks.alert.headers.Authorization = Bearer t0ken",
            "webhooks.alert.after = 5m",
            "webhooks.allow-private = 10.0.0.0/8");

    assertThat(settings.alert())
        .isEqualTo(
            new AlertSettings(
                "https://alerts.example/hook?token=a",
                List.of(SECRET),
                Map.of("Authorization", "Bearer t0ken"),
                Duration.ofMinutes(5),
                new HttpOptions(
                    Map.of(), TlsOptions.NONE, PrivateNetworks.of(List.of("10.0.0.0/8")))));
  }

  @Test
  void anyCamelEndpointIsTold() throws IOException {
    AlertSettings alert = read("webhooks.alert = direct:pager?timeout=1000").alert();

    assertThat(alert).isNotNull();
    assertThat(alert.uri()).isEqualTo("direct:pager?timeout=1000");
    assertThat(alert.after()).isEqualTo(Duration.ofMinutes(1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "alert = http://10.1.2.3/hush"
            + "| alert: found \"http://10.1.2.3\", expected an address of the public internet (or"
            + " 10.1.2.3 in webhooks.allow-private).",
        "alert = https://u:hush@alerts.example/hush"
            + "| alert: found \"https://alerts.example\", expected a URL with a host and without"
            + " user name and fragment (put credentials in webhooks.alert.headers.Authorization).",
        "alert = pager:hush?token=hush"
            + "| alert: found \"pager:hush\", expected a Camel endpoint URI whose component is on"
            + " the class path (that of \"pager:\", if there is one, is in"
            + " org.apache.camel:camel-pager).",
        "alert.signing.secret = hush"
            + "| alert.signing.secret: found a secret value, expected whsec_ and the base64 form of"
            + " 16 to 128 bytes.",
        "alert.after = 0s"
            + "| alert.after: found \"0s\", expected a duration from 1s to 1h, such as 1m.",
        "alert.headers.Host = a"
            + "| alert.headers.Host: found a secret value, expected a header that Dromedary does not"
            + " set itself.",
        "alert.until = 1m | alert.until: no such key; did you mean webhooks.alert?",
      })
  void whatCannotWorkIsRefused(String line, String problem) {
    assertThatThrownBy(() -> read("webhooks." + line))
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessage("Dromedary cannot start: 1 setting is wrong.\n  webhooks." + problem);
  }
}
