package io.dromedary;

import static io.dromedary.testing.Json.json;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.signing.Payload;
import io.dromedary.signing.SharedSecretSigner;
import io.dromedary.signing.StandardWebhooksSigner;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command verify, for signatures that a receiver does not accept. */
class VerifyCommandTest {

  private static final String SECRET = "hush-of-the-receiver";
  private static final String STANDARD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final String EVENT = json("{'type':'track','price':1.5,'name':'é'}");

  @TempDir Path folder;
  private Shell shell;

  @BeforeEach
  void shell() {
    shell = new Shell(folder);
    shell.environment.put("SECRET", SECRET);
    shell.environment.put("STANDARD", STANDARD);
  }

  private static String signature(String secret, String event) {
    return new SharedSecretSigner(secret).signature(event.getBytes(UTF_8));
  }

  private int verify(String body, String signature) {
    shell.in = body;
    return shell.run("verify", "-H", "x-signature: " + signature, "--secret-env=SECRET");
  }

  private void assertBad(String body, String signature, String reason) {
    assertThat(verify(body, signature)).as(shell.err()).isEqualTo(1);
    assertThat(shell.out()).isEqualTo("x-signature bad: " + reason + "\n").doesNotContain(SECRET);
  }

  @Test
  void aGoodSignatureIsTold() {
    assertThat(verify(EVENT, signature(SECRET, EVENT))).isZero();
    assertThat(shell.out()).isEqualTo("x-signature good: the signature is right\n");
    assertThat(verify("[" + EVENT + ",{}]", signature(SECRET, EVENT))).isZero();
  }

  @Test
  void itIsTheOneOfTheSettings() {
    shell.environment.put("WEBHOOKS_SIGNING_SECRET", "new," + SECRET);
    shell.in = EVENT;

    assertThat(shell.run("verify", "-", "--header", "X-Signature: " + signature(SECRET, EVENT)))
        .as(shell.err())
        .isZero();

    assertThat(shell.out())
        .isEqualTo("x-signature good: the signature is right, by secret 2 of 2\n");
    assertThat(shell.run("verify", "-H", "X-Signature: 0", "--destination=crm")).isEqualTo(2);
    assertThat(shell.err()).isEqualTo("--destination: found \"crm\", expected one of default\n");
  }

  @Test
  void whatWasDoneToTheBodyIsTold() {
    String signature = signature(SECRET, EVENT);

    assertBad(
        EVENT + "\n",
        signature,
        "X-Signature is right for the body without the line break at its end, which somebody added");
    assertBad(
        EVENT.replace(",", ", "),
        signature,
        "X-Signature is right for the same JSON as JSON.stringify writes it: the body was parsed and"
            + " written anew, expected the bytes as they came");
    assertBad(
        "[" + EVENT + ",{}]",
        signature(SECRET, "[" + EVENT + ",{}]"),
        "X-Signature is that of the whole batch, expected that of its first event");
    assertBad(
        new String(EVENT.getBytes(UTF_8), ISO_8859_1),
        signature,
        "X-Signature is right for the body in another encoding, expected its bytes in UTF-8");
    assertBad("", signature, "the body is empty, expected what was sent");
    assertBad(
        EVENT.replace("track", "page"),
        signature,
        "X-Signature is of another secret or of another body: compare the fingerprints of the"
            + " secrets, and sign the bytes as they came");
  }

  @Test
  void whatIsWrongWithTheHeaderOrTheSecretIsTold() {
    String signature = signature(SECRET, EVENT);

    assertBad(
        EVENT,
        signature.toUpperCase(Locale.ROOT),
        "X-Signature is right but for its form, expected 40 hex digits in small letters");
    assertBad(
        EVENT,
        "ab".repeat(32),
        "X-Signature has 64 characters, expected 40 hex digits: it may be an HMAC of SHA-256, and"
            + " this is of SHA-1");
    shell.environment.put("SECRET", SECRET + "\n");
    assertBad(
        EVENT,
        signature,
        "X-Signature is right for the secret without (or with) white space at its end, or without"
            + " whsec_: compare how both sides read it");
    assertThat(shell.run("verify", "-H", "X-Other: 1", "--secret-env=SECRET")).isEqualTo(2);
    assertThat(shell.err())
        .isEqualTo(
            "--header: found x-other, expected X-Signature, or webhook-id, webhook-timestamp and"
                + " webhook-signature\n");
    assertThat(verify(EVENT, signature)).isEqualTo(1);
    assertThat(shell.run("verify", "-H", "X-Signature: 1", "--secret-env=NONE")).isEqualTo(2);
    assertThat(shell.err())
        .isEqualTo("--secret-env: found no variable NONE, expected one with the secret\n");
  }

  private int verifyStandard(Instant at, String... more) {
    Map<String, Object> headers = new HashMap<>();
    new StandardWebhooksSigner(List.of("whsec_b3RoZXIgc2VjcmV0", STANDARD))
        .sign(Payload.single("m-1", EVENT.getBytes(UTF_8)), at, headers);
    List<String> args = new ArrayList<>(List.of("verify", "--secret-env=STANDARD"));
    headers.forEach((name, value) -> args.addAll(List.of("-H", name + ": " + value)));
    args.addAll(List.of(more));
    return shell.run(args.toArray(String[]::new));
  }

  @Test
  void standardWebhooksAreChecked() {
    Instant now = Clock.systemUTC().instant();
    shell.in = EVENT;
    assertThat(verifyStandard(now, "--json")).as(shell.err()).isZero();
    assertThat(shell.out())
        .isEqualTo(
            json(
                "{'version':1,'scheme':'standard-webhooks','good':true,"
                    + "'reason':'the signature is right'}\n"));

    assertThat(verifyStandard(now.minus(Duration.ofMinutes(10)))).isEqualTo(1);
    assertThat(shell.out())
        .matches(
            "standard-webhooks bad: webhook-signature is right, but webhook-timestamp is 60\\d s"
                + " behind this clock, expected at most 300 s\n");
    assertThat(verifyStandard(now.minus(Duration.ofMinutes(10)), "--tolerance=20m")).isZero();
    shell.environment.put("STANDARD", "not base64!");
    assertThat(verifyStandard(now)).isEqualTo(1);
    assertThat(shell.out())
        .isEqualTo(
            "standard-webhooks bad: the secret is not Base64, expected whsec_ and Base64 for"
                + " Standard Webhooks\n");
    assertThat(shell.run("verify", "-H", "webhook-id: 1", "--secret-env=SECRET")).isEqualTo(1);
    assertThat(shell.out())
        .isEqualTo(
            "standard-webhooks bad: found no header webhook-timestamp but webhook-id, expected it\n");
  }
}
