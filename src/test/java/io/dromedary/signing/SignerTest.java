package io.dromedary.signing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests signatures by computing each again with {@code javax.crypto}, as a receiver would. */
class SignerTest {

  private static final String SECRET = "sharedsecretvalue";
  private static final String CURRENT = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final String FORMER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
  private static final Instant NOW = Instant.parse("2021-02-25T15:02:10.999Z");

  private static final byte[] EVENT = "{\"event\":\"Café ☕ 😀\",\"n\":1}".getBytes(UTF_8);
  private static final byte[] OTHER = "{\"event\":\"other\"}".getBytes(UTF_8);

  private static Map<String, Object> sign(Signer signer, Payload payload) {
    Map<String, Object> headers = new HashMap<>();
    signer.sign(payload, NOW, headers);
    return headers;
  }

  static Stream<Payload> payloads() {
    return Stream.of(
        Payload.single("m-1", EVENT),
        Payload.batch("m-1", List.of(EVENT)),
        Payload.batch("m-1", List.of(EVENT, OTHER, OTHER)));
  }

  @ParameterizedTest
  @MethodSource("payloads")
  void xSignatureIsOverTheFirstEvent(Payload payload) throws GeneralSecurityException {
    assertThat(sign(new SharedSecretSigner(SECRET), payload))
        .isEqualTo(
            Map.of("X-Signature", HexFormat.of().formatHex(hmac("HmacSHA1", SECRET, EVENT))));
  }

  @Test
  void aSecretIsItsUtf8Bytes() throws GeneralSecurityException {
    assertThat(new SharedSecretSigner("pässwörd 🐪").signature(EVENT))
        .isEqualTo(HexFormat.of().formatHex(hmac("HmacSHA1", "pässwörd 🐪", EVENT)));
  }

  static Stream<Arguments> vectors() throws IOException {
    try (InputStream in = SignerTest.class.getResourceAsStream("/vectors/json-stringify.tsv")) {
      return new String(in.readAllBytes(), UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split("\t", -1))
          .map(row -> arguments(row[0], Base64.getDecoder().decode(row[2]), row[3]));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("vectors")
  void xSignatureIsWhatAJavaScriptReceiverComputes(String name, byte[] event, String signature) {
    Signer signer = new SharedSecretSigner(SECRET);

    assertThat(sign(signer, Payload.single("m-1", event)))
        .isEqualTo(Map.of("X-Signature", signature));
    assertThat(sign(signer, Payload.batch("m-1", List.of(event, OTHER))))
        .isEqualTo(Map.of("X-Signature", signature));
  }

  /** Uses the example from the tests of the reference libraries. */
  @Test
  void standardWebhooksSignsAsTheReferenceDoes() {
    Signer signer = new StandardWebhooksSigner(List.of(CURRENT));
    Payload payload =
        Payload.single("msg_p5jXN8AQM9LWM0D4loKWxJek", "{\"test\": 2432232314}".getBytes(UTF_8));
    Map<String, Object> headers = new HashMap<>();

    signer.sign(payload, Instant.ofEpochSecond(1614265330), headers);

    assertThat(headers)
        .isEqualTo(
            Map.of(
                "webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek",
                "webhook-timestamp", "1614265330",
                "webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
  }

  @ParameterizedTest
  @MethodSource("payloads")
  void standardWebhooksIsOverTheWholeBodyOncePerSecret(Payload payload)
      throws GeneralSecurityException {
    Map<String, Object> headers =
        sign(new StandardWebhooksSigner(List.of(CURRENT, FORMER)), payload);

    String body = new String(payload.body(), UTF_8);
    String id = body.startsWith("[") ? "batch-m-1" : "m-1";
    assertThat(headers)
        .isEqualTo(
            Map.of(
                "webhook-id",
                id,
                "webhook-timestamp",
                "1614265330",
                "webhook-signature",
                v1(CURRENT, id, body) + " " + v1(FORMER, id, body)));
  }

  @Test
  void aSecretMayComeWithoutItsPrefix() {
    assertThat(sign(new StandardWebhooksSigner(List.of(CURRENT.substring(6))), single("m-1")))
        .isEqualTo(sign(new StandardWebhooksSigner(List.of(CURRENT)), single("m-1")));
  }

  @Test
  void anAttemptIsSignedWithItsOwnTimeAndTheSameId() {
    Signer signer = new StandardWebhooksSigner(List.of(CURRENT));
    Map<String, Object> first = sign(signer, single("m-1"));
    Map<String, Object> second = new HashMap<>();

    signer.sign(single("m-1"), NOW.plusSeconds(60), second);

    assertThat(second.get("webhook-id")).isEqualTo(first.get("webhook-id"));
    assertThat(second.get("webhook-timestamp")).isEqualTo("1614265390");
    assertThat(second.get("webhook-signature")).isNotEqualTo(first.get("webhook-signature"));
  }

  @Test
  void schemesDoNotMeet() {
    Map<String, Object> headers = new HashMap<>(Map.of("X-Tenant", "acme"));

    new SharedSecretSigner(SECRET).sign(single("m-1"), NOW, headers);
    new StandardWebhooksSigner(List.of(CURRENT)).sign(single("m-1"), NOW, headers);

    assertThat(headers)
        .containsOnlyKeys(
            "X-Tenant", "X-Signature", "webhook-id", "webhook-timestamp", "webhook-signature")
        .containsEntry("X-Tenant", "acme");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "m\r\nX-Evil: 1",
        "m\nX-Evil: 1",
        "m\r",
        "two words",
        "\tm",
        "m\0",
        "m\u007f",
        "a.b",
        ".",
        "é",
        "\u010d\u010a", // Characters whose low bytes are CR and LF.
        "😀",
        "\ud83d", // An unpaired surrogate.
        "",
      })
  void aHostileIdBecomesAHash(String id) throws GeneralSecurityException {
    Map<String, Object> headers = sign(new StandardWebhooksSigner(List.of(CURRENT)), single(id));

    assertThat((String) headers.get("webhook-id")).matches("msg_[0-9a-f]{32}");
    // The signed text has the same id as the header.
    assertThat(headers.get("webhook-signature"))
        .isEqualTo(v1(CURRENT, (String) headers.get("webhook-id"), new String(EVENT, UTF_8)));
    assertThat(sign(new StandardWebhooksSigner(List.of(CURRENT)), single(id))).isEqualTo(headers);
  }

  @Test
  void hashesOfDifferentIdsDiffer() {
    Signer signer = new StandardWebhooksSigner(List.of(CURRENT));

    assertThat(
            Stream.of("a.b", "a.c", "a b", "")
                .map(id -> sign(signer, single(id)).get("webhook-id")))
        .doesNotHaveDuplicates()
        .first()
        // The first half of printf a.b | sha256sum.
        .isEqualTo("msg_2e7336dc8eba87ef472df568c35482ab");
  }

  @Property(tries = 500)
  void noIdBreaksOutOfItsHeader(@ForAll String id, @ForAll boolean batch) {
    Payload payload = batch ? Payload.batch(id, List.of(EVENT)) : single(id);
    Map<String, Object> headers =
        sign(new StandardWebhooksSigner(List.of(CURRENT, FORMER)), payload);

    assertThat((String) headers.get("webhook-id")).matches("[!-~&&[^.]]+");
    assertThat((String) headers.get("webhook-timestamp")).matches("\\d+");
    assertThat((String) headers.get("webhook-signature"))
        .matches("v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=");
  }

  @Test
  void signingDoesNotChangeWhatIsSent() {
    byte[] event = EVENT.clone();
    Payload payload = Payload.batch("m-1", List.of(event, OTHER));
    byte[] body = payload.body().clone();

    sign(new SharedSecretSigner(SECRET), payload);
    sign(new StandardWebhooksSigner(List.of(CURRENT)), payload);

    assertThat(event).isEqualTo(EVENT);
    assertThat(payload.body()).isEqualTo(body);
    assertThat(new String(body, UTF_8))
        .isEqualTo("[{\"event\":\"Café ☕ 😀\",\"n\":1},{\"event\":\"other\"}]");
  }

  private static Payload single(String id) {
    return Payload.single(id, EVENT);
  }

  private static String v1(String secret, String id, String body) throws GeneralSecurityException {
    byte[] key = Base64.getDecoder().decode(secret.substring("whsec_".length()));
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    byte[] signature = mac.doFinal((id + ".1614265330." + body).getBytes(UTF_8));
    return "v1," + Base64.getEncoder().encodeToString(signature);
  }

  private static byte[] hmac(String algorithm, String secret, byte[] bytes)
      throws GeneralSecurityException {
    Mac mac = Mac.getInstance(algorithm);
    mac.init(new SecretKeySpec(secret.getBytes(UTF_8), algorithm));
    return mac.doFinal(bytes);
  }
}
