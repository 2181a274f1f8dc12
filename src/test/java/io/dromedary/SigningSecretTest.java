package io.dromedary;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dromedary.settings.StartSummary;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every secret signs with its bytes in UTF-8, wherever it is set. */
@Timeout(60)
class SigningSecretTest {

  private static final String SECRET = "gr\u00fc\u00dfe, \ud83d\udc2a";

  @TempDir Path folder;

  private void delivers(String lines) throws Exception {
    Files.writeString(
        folder.resolve("application.properties"),
        "webhooks.allow-private = 127.0.0.1\n" + lines,
        UTF_8);
    try (Receiver receiver = Receiver.start();
        Application application =
            Application.start(folder, Map.of("webhooks.urls", receiver.url()))) {
      assertThat(StartSummary.lines(application.context()))
          .contains("  signed        x-signature, secret 9543da62");

      Http.post(application.url("/v1/track"), "{\"userId\":\"u\",\"event\":\"Sold\"}");
      receiver.awaitCount(1, Duration.ofSeconds(20));

      Request request = receiver.requests().get(0);
      Mac mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec(SECRET.getBytes(UTF_8), "HmacSHA1"));
      assertThat(request.headers("X-Signature"))
          .containsExactly(HexFormat.of().formatHex(mac.doFinal(request.body())));
    }
  }

  @Test
  void inThePropertiesFile() throws Exception {
    delivers("webhooks.signing.secret = gr\u00fc\u00dfe\\\\, \ud83d\udc2a\n");
  }

  @Test
  void inAFileOfItsOwn() throws Exception {
    Path file = Files.writeString(folder.resolve("secret"), SECRET + "\n", UTF_8);
    delivers("webhooks.signing.secret.file = " + file + "\n");
  }

  /** Otherwise it would sign with another secret than before. */
  @Test
  void aPropertiesFileInAnotherEncodingIsRefused() throws Exception {
    Files.writeString(
        folder.resolve("application.properties"),
        "webhooks.signing.secret = gr\u00fc\u00dfe\n",
        ISO_8859_1);

    assertThatThrownBy(() -> Application.start(folder, Map.of()))
        .hasRootCauseMessage(
            "Dromedary cannot start: 1 setting is wrong.\n"
                + "  webhooks.signing.secret: found letters that are not in UTF-8, expected a file in"
                + " UTF-8 (or variables, as LC_ALL says).");
  }
}
