package io.dromedary.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.command.CommandEnvironment;
import io.dromedary.command.Commands;
import java.io.Console;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;
import org.jspecify.annotations.Nullable;

/** Runs the commands of the jar. */
public final class CommandLineStart {

  /** Makes a context that reads the settings that a process would read, and does not start it. */
  private static final class Unstarted extends Utf8Main {
    CamelContext context(Path folder) {
      CamelContext context = createCamelContext();
      context.getPropertiesComponent().setLocation(PackagedApplication.settings(folder));
      context.getPropertiesComponent().addInitialProperty("dromedary.application", "true");
      context.getPropertiesComponent().addInitialProperty("camel.server.host", "127.0.0.1");
      context.getPropertiesComponent().addInitialProperty("camel.server.port", "8080");
      context.build();
      return context;
    }
  }

  private CommandLineStart() {}

  /**
   * Runs a command.
   *
   * @param args the command and its arguments, at least one
   * @return the exit code
   */
  public static int run(String... args) {
    boolean isApplication = args[0].equals("run");
    Path folder = Path.of("");
    if (isApplication) {
      LogFormat.choose(folder, System.getenv());
    } else {
      PackagedApplication.setDefault("logback.configurationFile", "dromedary/logback-command.xml");
    }
    return Commands.run(
        new CommandEnvironment(
            folder,
            System.getenv(),
            () -> context(folder),
            () -> configured(folder, System.getenv()),
            PackagedApplication::start,
            System.in,
            new PrintStream(System.out, true, UTF_8),
            new PrintStream(System.err, true, UTF_8),
            terminal()),
        args);
  }

  /** Makes a context that has read the settings of a folder. It is not started. */
  public static CamelContext context(Path folder) {
    return new Unstarted().context(folder);
  }

  /** Makes the context of the application in a folder, without routes and servers. */
  public static CamelContext configured(Path folder, Map<String, String> environment) {
    Main main = PackagedApplication.main(folder, environment, "false");
    main.addOverrideProperty("camel.server.enabled", "false");
    main.addOverrideProperty("camel.management.enabled", "false");
    main.addOverrideProperty("camel.metrics.enabled", "false");
    main.init();
    return main.getCamelContext();
  }

  @SuppressWarnings("SystemConsoleNull") // Null before JDK 22; later, isTerminal() decides.
  private static @Nullable UnaryOperator<String> terminal() {
    Console console = System.console();
    if (console == null || !isTerminal(console)) {
      return null;
    }
    return question -> {
      String answer = console.readLine("%s", question);
      return answer == null ? "" : answer;
    };
  }

  /** Since JDK 22 there is a console even if there is no terminal. */
  private static boolean isTerminal(Console console) {
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException e) {
      return true;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }
}
