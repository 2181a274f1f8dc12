package io.dromedary.command;

import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * The environment in which a command runs.
 *
 * @param folder the working directory
 * @param variables the environment variables
 * @param context makes a context that has read the settings and is not started
 * @param configured makes a context whose components are also configured, and that is not started
 * @param application runs the application until it is stopped, and returns the exit code
 * @param in the standard input
 * @param out the output for results
 * @param err the output for errors and remarks
 * @param terminal asks a question at the terminal and returns the answer; null if there is none
 */
public record CommandEnvironment(
    Path folder,
    Map<String, String> variables,
    Supplier<CamelContext> context,
    Supplier<CamelContext> configured,
    Callable<Integer> application,
    InputStream in,
    PrintStream out,
    PrintStream err,
    @Nullable UnaryOperator<String> terminal) {}
