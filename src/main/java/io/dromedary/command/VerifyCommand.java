package io.dromedary.command;

import io.dromedary.json.JsonFields;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.Settings;
import io.dromedary.settings.SigningScheme;
import io.dromedary.signing.SharedSecretSigner;
import io.dromedary.signing.SignatureCheck;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "verify",
    description =
        "Check the signature of a request that a receiver got, and show what is wrong with it."
            + " Exits with 1 if the signature is bad. The body must have the bytes that were"
            + " received: save it with curl's -o, or dump its bytes.")
final class VerifyCommand extends Subcommand {

  private static final String SHARED = SharedSecretSigner.HEADER.toLowerCase(Locale.ROOT);

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "The body; by default, or with -, the standard input.")
  @Nullable String file;

  @Option(
      names = {"-H", "--header"},
      required = true,
      paramLabel = "'NAME: VALUE'",
      description = "A header of the request, such as 'X-Signature: …'. May be repeated.")
  List<String> headers = List.of();

  @Option(
      names = "--secret-env",
      paramLabel = "NAME",
      description = "The environment variable with the secret, in place of the settings.")
  @Nullable String secretVariable;

  @Option(
      names = "--destination",
      paramLabel = "NAME",
      description = "The destination whose secrets are used; if not set, the one called default.")
  String destination = DestinationSettings.DEFAULT;

  @Option(
      names = "--scheme",
      paramLabel = "SCHEME",
      description = "x-signature or standard-webhooks; by default, the headers decide.")
  @Nullable String scheme;

  @Option(
      names = "--tolerance",
      paramLabel = "TIME",
      converter = WaitingTime.class,
      description = "How far a timestamp may be from now; by default 5m.")
  Duration tolerance = Duration.ofMinutes(5);

  @Override
  public Integer call() throws Exception {
    DromedaryCommand dromedary = dromedary();
    Map<String, String> byName = byName();
    List<SigningScheme> schemes = schemes(byName);
    List<String> secrets = secrets(dromedary.environment());
    byte[] body = InputFile.read(dromedary.environment(), file);
    SignatureCheck check = new SignatureCheck(byName, body, secrets);
    boolean isGood = true;
    for (SigningScheme each : schemes) {
      SignatureCheck.Result result =
          each == SigningScheme.X_SIGNATURE
              ? check.sharedSecret()
              : check.standardWebhooks(Clock.systemUTC().instant(), tolerance);
      isGood &= result.isGood();
      String verdict = result.isGood() ? "good" : "bad";
      dromedary.print(
          dromedary.isJson
              ? JsonFields.write(
                  json -> {
                    json.writeNumberField("version", 1);
                    json.writeStringField("scheme", each.key());
                    json.writeBooleanField("good", result.isGood());
                    json.writeStringField("reason", result.reason());
                  })
              : each.key() + " " + verdict + ": " + result.reason());
    }
    return isGood ? ExitCode.OK : ExitCode.FAILED;
  }

  private Map<String, String> byName() throws FailedException {
    Map<String, String> byName = new TreeMap<>();
    for (String header : headers) {
      int colon = header.indexOf(':');
      if (colon < 1) {
        throw new FailedException(
            ExitCode.USAGE,
            "--header: found \"" + header + "\", expected a name, a colon and a value");
      }
      byName.put(
          header.substring(0, colon).strip().toLowerCase(Locale.ROOT),
          header.substring(colon + 1).strip());
    }
    return byName;
  }

  private List<SigningScheme> schemes(Map<String, String> byName) throws FailedException {
    List<SigningScheme> schemes = new ArrayList<>();
    for (SigningScheme each : SigningScheme.values()) {
      boolean isShared = each == SigningScheme.X_SIGNATURE;
      boolean isThere =
          byName.keySet().stream()
              .anyMatch(name -> isShared ? name.equals(SHARED) : name.startsWith("webhook-"));
      if (scheme == null ? isThere : scheme.equals(each.key())) {
        schemes.add(each);
      }
    }
    if (schemes.isEmpty()) {
      throw new FailedException(
          ExitCode.USAGE,
          scheme == null
              ? "--header: found "
                  + String.join(", ", byName.keySet())
                  + ", expected X-Signature, or webhook-id, webhook-timestamp and webhook-signature"
              : "--scheme: found \"" + scheme + "\", expected x-signature or standard-webhooks");
    }
    return schemes;
  }

  private List<String> secrets(CommandEnvironment environment) throws FailedException {
    if (secretVariable != null) {
      String secret = environment.variables().get(secretVariable);
      if (secret == null || secret.isEmpty()) {
        throw new FailedException(
            ExitCode.USAGE,
            "--secret-env: found no variable " + secretVariable + ", expected one with the secret");
      }
      return List.of(secret);
    }
    CamelContext context = environment.context().get();
    try {
      Settings settings = Settings.read(context, environment.variables());
      DestinationSettings found = settings.destinations().get(destination);
      if (found == null) {
        throw new FailedException(
            ExitCode.USAGE,
            "--destination: found \""
                + destination
                + "\", expected one of "
                + String.join(", ", settings.destinations().keySet()));
      }
      if (found.secrets().isEmpty()) {
        throw new FailedException(
            ExitCode.USAGE,
            "found no webhooks.signing.secret for "
                + destination
                + ", expected one, or --secret-env=NAME");
      }
      return found.secrets();
    } finally {
      context.stop();
    }
  }
}
