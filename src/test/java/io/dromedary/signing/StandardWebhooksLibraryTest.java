package io.dromedary.signing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Verifies signatures as receivers do, with the reference library of Standard Webhooks. */
class StandardWebhooksLibraryTest {

  private static final String CURRENT = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final String FORMER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
  private static final String STRANGE = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

  private static final byte[] EVENT = "{\"event\":\"Café ☕ 😀\"}".getBytes(UTF_8);

  private static void verify(String secret, List<String> secrets, Payload payload)
      throws Exception {
    Map<String, Object> headers = new HashMap<>();
    new StandardWebhooksSigner(secrets).sign(payload, Instant.now(), headers);
    Map<String, List<String>> received = new HashMap<>();
    headers.forEach((name, value) -> received.put(name, List.of((String) value)));
    new Webhook(secret).verify(new String(payload.body(), UTF_8), received);
  }

  @ParameterizedTest
  @ValueSource(strings = {"m-1", "a.b", "m\r\nX-Evil: 1", "é", ""})
  void aReceiverVerifies(String id) {
    assertThatCode(() -> verify(CURRENT, List.of(CURRENT), Payload.single(id, EVENT)))
        .doesNotThrowAnyException();
    assertThatCode(
            () -> verify(CURRENT, List.of(CURRENT), Payload.batch(id, List.of(EVENT, EVENT))))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {CURRENT, FORMER})
  void duringARotationAReceiverVerifiesWithEitherSecret(String secret) {
    assertThatCode(() -> verify(secret, List.of(CURRENT, FORMER), Payload.single("m-1", EVENT)))
        .doesNotThrowAnyException();
  }

  @Test
  void aReceiverWithAnotherSecretRefuses() {
    assertThatThrownBy(
            () -> verify(STRANGE, List.of(CURRENT, FORMER), Payload.single("m-1", EVENT)))
        .isInstanceOf(WebhookVerificationException.class)
        .hasMessage("No matching signature found");
  }
}
