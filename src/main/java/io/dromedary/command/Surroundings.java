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
 * Where a command is run.
 *
 * @param folder the working directory
 * @param environment the variables of the environment
 * @param context makes a context that has read the settings and is not started
 * @param configured makes a context whose components are configured, too; it is not started either
 * @param application runs the application until it is stopped, and returns the exit code
 * @param in the standard input
 * @param out takes results
 * @param err takes errors, and what a person wants to read besides the result
 * @param terminal asks the person at the terminal; null: there is none
 */
public record Surroundings(
    Path folder,
    Map<String, String> environment,
    Supplier<CamelContext> context,
    Supplier<CamelContext> configured,
    Callable<Integer> application,
    InputStream in,
    PrintStream out,
    PrintStream err,
    @Nullable UnaryOperator<String> terminal) {}
