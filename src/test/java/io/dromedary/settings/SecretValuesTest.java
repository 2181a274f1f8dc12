package io.dromedary.settings;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.camel.CamelContext;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.PropertiesFunction;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that are used as secrets, and values that are rejected. */
class SecretValuesTest {

  private static final String EXPECTED =
      ", expected a file of secrets in UTF-8, each on a line of its own.";

  @TempDir Path folder;

  private final CamelContext context = new DefaultCamelContext();
  private final Properties file = new Properties();
  private final Map<String, String> environment = new HashMap<>();

  @AfterEach
  void stop() {
    context.stop();
    System.clearProperty("webhooks.signing.secret");
  }

  private List<String> read(String key) {
    context.getPropertiesComponent().setInitialProperties(file);
    context.build();
    PropertyReader keys = new PropertyReader(context, environment);
    List<String> secrets = Secrets.read(keys, key);
    keys.checkAsked();
    return secrets;
  }

  private List<String> signing() {
    return read("signing.secret");
  }

  private void set(String value) {
    file.setProperty("webhooks.signing.secret", value);
  }

  private void setFile(byte[] content) throws IOException {
    Path secrets = Files.write(folder.resolve("secrets"), content);
    file.setProperty("webhooks.signing.secret.file", secrets.toString());
  }

  private static void assertRefused(ThrowingCallable read, String problem) {
    assertThatThrownBy(read)
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessage("Dromedary cannot start: 1 setting is wrong.\n  " + problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "new,old | new;old",
        "new\\,er , old | new,er;old",
        "\\, | ,",
        "a\\b\\ | a\\b\\",
        "gr\u00fc\u00dfe | gr\u00fc\u00dfe",
        "\u5bc6\u94a5 \ud83d\udc2a | \u5bc6\u94a5 \ud83d\udc2a",
        "a$b{c}}d | a$b{c}}d",
      })
  void aCommaOfASecretHasABackslash(String value, String secrets) {
    set(value);

    assertThat(signing()).containsExactly(secrets.split(";"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"signing.secret", "write-key.secret", "management.secret"})
  void aFileHasASecretALine(String key) throws IOException {
    byte[] content = "\uFEFFgr\u00fc\u00dfe, ${x}y\r\n second \nthird".getBytes(UTF_8);
    Path secrets = Files.write(folder.resolve("secrets"), content);
    environment.put(UnknownKeys.variable("webhooks." + key + ".file"), secrets.toString());
    String placeholder = "webhooks." + key + ".file: found nothing, expected one in place of its";

    assertRefused(() -> read(key), placeholder + " ${placeholder}.");

    Files.writeString(secrets, Files.readString(secrets).replace("${x}", "$x"));
    assertThat(read(key)).containsExactly("gr\u00fc\u00dfe, $xy", " second ", "third");
  }

  @Test
  void aFileThatIsNoneOfSecretsIsRefusedWithoutItsName() throws IOException {
    String key = "webhooks.signing.secret.file: found ";
    file.setProperty("webhooks.signing.secret.file", "s3cret");
    assertRefused(this::signing, key + "\"a file that cannot be read\"" + EXPECTED);

    file.setProperty("webhooks.signing.secret.file", folder.toString());
    assertRefused(this::signing, key + "\"a file that cannot be read\"" + EXPECTED);

    String nothing = key + "\"an empty file, or one with a blank line\"" + EXPECTED;
    setFile(new byte[0]);
    assertRefused(this::signing, nothing);
    setFile("one\n\ntwo\n".getBytes(UTF_8));
    assertRefused(this::signing, nothing);
    setFile(" \n".getBytes(UTF_8));
    assertRefused(this::signing, nothing);

    setFile("gr\u00fc\u00dfe".getBytes(ISO_8859_1));
    assertRefused(this::signing, key + "\"a file that is not in UTF-8\"" + EXPECTED);

    setFile(new byte[64 * 1024 + 1]);
    assertRefused(this::signing, key + "\"more than 64 KiB\"" + EXPECTED);

    setFile("one".getBytes(UTF_8));
    set("two");
    assertRefused(
        this::signing, key + "nothing, expected only one of this key and webhooks.signing.secret.");
  }

  /** A container names the file in a variable, while its settings file has a secret. */
  @Test
  void theEnvironmentReplacesASecretOfTheSettingsByAFileAndAFileByASecret() throws IOException {
    set("of the settings");
    Path secrets = Files.writeString(folder.resolve("secrets"), "of the file\n");
    environment.put("WEBHOOKS_SIGNING_SECRET_FILE", secrets.toString());

    assertThat(signing()).containsExactly("of the file");

    file.clear();
    environment.clear();
    setFile("of the file".getBytes(UTF_8));
    environment.put("WEBHOOKS_SIGNING_SECRET", "of the environment");

    assertThat(signing()).containsExactly("of the environment");
  }

  @ParameterizedTest
  @ValueSource(strings = {"${SECRET}", "new,${SECRET}", "x${SECRET}y", "${a.b:-}"})
  void aPlaceholderThatNobodyHasReplacedIsRefused(String value) {
    environment.put("WEBHOOKS_SIGNING_SECRET", value);

    assertRefused(
        this::signing,
        "webhooks.signing.secret: found a secret value, expected one in place of its"
            + " ${placeholder}.");
  }

  @Test
  void aPlaceholderOfCamelIsReplaced() {
    set("{{env:PATH}}");
    assertThat(signing()).containsExactly(System.getenv("PATH").split(","));

    set("{{env:NO_SUCH_VARIABLE_HERE}}");
    assertRefused(
        this::signing,
        "webhooks.signing.secret: found a {{placeholder}} that names no property, expected one that"
            + " does.");
  }

  /** Camel would take the text after the colon as a default. */
  @ParameterizedTest
  @CsvSource({
    "{{aws:webhooks}}, camel-aws-secrets-manager",
    "{{env:PATH}}{{hashicorp:secret:webhooks}}, camel-hashicorp-vault",
    "{{secret:webhooks/key}}, camel-kubernetes"
  })
  void aVaultThatIsNotThereIsNoDefault(String value, String component) {
    set(value);

    assertRefused(
        this::signing,
        "webhooks.signing.secret: found a {{function:}} of a vault, expected "
            + component
            + " for it.");
  }

  @Test
  void aVaultThatFailsIsToldWithoutWhatItSays() {
    context
        .getPropertiesComponent()
        .addPropertiesFunction(
            new PropertiesFunction() {
              @Override
              public String getName() {
                return "aws";
              }

              @Override
              public String apply(String remainder) {
                throw new RuntimeCamelException(
                    new UncheckedIOException(new IOException("s3cret")));
              }
            });
    set("{{aws:webhooks}}");

    assertRefused(
        this::signing,
        "webhooks.signing.secret: found a {{placeholder}} that cannot be read (IOException), expected"
            + " one that can.");
  }

  /** Otherwise the packaged secret would sign, which everybody knows. */
  @Test
  void whatIsSetToNothingIsNotReplacedByAnother() {
    String problem =
        "webhooks.signing.secret: found nothing, expected a secret (or leave the key out).";
    set("change-me");
    System.setProperty("webhooks.signing.secret", "");
    assertRefused(this::signing, problem);

    System.setProperty("webhooks.signing.secret", "other");
    environment.put("WEBHOOKS_SIGNING_SECRET", " ");
    assertRefused(this::signing, problem);

    environment.put("WEBHOOKS_SIGNING_SECRET", "{{sys:user.none:}}");
    assertRefused(this::signing, problem);

    environment.put("WEBHOOKS_SIGNING_SECRET", "third");
    System.setProperty("webhooks.signing.secret", "");
    assertThat(signing()).containsExactly("third");

    file.clear();
    System.clearProperty("webhooks.signing.secret");
    environment.clear();
    assertThat(signing()).isEmpty();
    set("");
    assertRefused(this::signing, problem);
  }

  /** Hosts read files in another encoding by default, as Java does if the locale is POSIX. */
  @Test
  void lettersThatWereReadInAnotherEncodingAreRefused() {
    set(new String("gr\u00fc\u00dfe".getBytes(UTF_8), ISO_8859_1));
    assertRefused(
        this::signing,
        "webhooks.signing.secret: found a secret value, expected one whose file is read as UTF-8 (or"
            + " with \\uXXXX for letters beyond ASCII).");

    set(new String("gr\u00fc\u00dfe".getBytes(ISO_8859_1), UTF_8));
    assertRefused(
        this::signing,
        "webhooks.signing.secret: found letters that are not in UTF-8, expected a file in UTF-8 (or"
            + " variables, as LC_ALL says).");
  }
}
