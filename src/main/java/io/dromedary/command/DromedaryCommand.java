package io.dromedary.command;

import io.dromedary.settings.ProcessAddress;
import java.util.concurrent.Callable;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The root of the commands, with the options that all of them share. */
@Command(
    name = "dromedary",
    description = {
      "Delivers events as signed webhooks.",
      "Without a command it runs the application. Run the other commands in the folder of the"
          + " application: they find it by the settings there. Results go to the standard output,"
          + " errors and remarks to the standard error.",
      "The archive has it as bin/dromedary. \"java -jar dromedary.jar\" works as well."
    },
    scope = ScopeType.INHERIT,
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "[COMMAND]",
    descriptionHeading = "%n",
    parameterListHeading = "%nParameters:%n",
    optionListHeading = "%nOptions:%n",
    commandListHeading = "%nCommands:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:success",
      "1:failure, or the signature is bad (verify)",
      "2:the command or a setting is wrong",
      "3:there are warnings (check), or a webhook is down (status)",
      "4:a webhook or the store cannot be reached (check), or the application is down (status)",
      "5:the event is unknown (explain)",
      "6:the event was not delivered in time (send)",
      "7:the event is a dead letter (send)",
      "8:the secret was refused"
    },
    subcommands = {
      RunCommand.class,
      StatusCommand.class,
      CheckCommand.class,
      ExplainCommand.class,
      SendCommand.class,
      TailCommand.class,
      VerifyCommand.class,
      PendingCommand.class,
      DeadLettersCommand.class,
      DeadLettersCommand.DeleteByOldName.class,
      ReplayCommand.class,
      CompletionCommand.class
    })
final class DromedaryCommand implements Callable<Integer> {

  private static final Pattern CONTROL = Pattern.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f]");

  private final CommandEnvironment environment;

  @Option(
      names = "--url",
      scope = ScopeType.INHERIT,
      paramLabel = "URL",
      description = "The URL of the application, if not that in the settings of this folder.")
  @Nullable String url;

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "Print JSON, one object a line. Lists are JSON in any case.")
  boolean isJson;

  @Option(
      names = {"-q", "--quiet"},
      scope = ScopeType.INHERIT,
      description = "Print the result and errors only.")
  boolean isQuiet;

  @Option(
      names = "--no-color",
      scope = ScopeType.INHERIT,
      description = "Print no colors, as if NO_COLOR were set or there were no terminal.")
  boolean isPlain;

  DromedaryCommand(CommandEnvironment environment) {
    this.environment = environment;
  }

  CommandEnvironment environment() {
    return environment;
  }

  /**
   * Prints a line of the result. It may contain text of senders and receivers, which must not
   * control the terminal, so control characters are escaped as in JSON.
   */
  void print(String line) {
    environment.out().println(CONTROL.matcher(line).replaceAll(DromedaryCommand::escaped));
  }

  private static String escaped(MatchResult control) {
    return "\\\\u%04x".formatted((int) control.group().charAt(0));
  }

  /** Prints a remark for people to the standard error, except with {@code --quiet}. */
  void remark(String line) {
    if (!isQuiet) {
      environment.err().println(line);
    }
  }

  /** Returns the application that runs with the settings of this folder. */
  RunningProcess process() throws FailedException {
    CamelContext context = environment.context().get();
    try {
      return new RunningProcess(ProcessAddress.of(context, environment.variables()), url);
    } finally {
      context.stop();
    }
  }

  @Override
  public Integer call() throws Exception {
    return environment.application().call();
  }
}
