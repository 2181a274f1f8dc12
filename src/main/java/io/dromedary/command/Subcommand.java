package io.dromedary.command;

import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command below the root, whose options it shares. */
abstract class Subcommand implements Callable<Integer> {

  @Spec private @Nullable CommandSpec spec;

  /** The root of the commands. */
  final DromedaryCommand dromedary() {
    return (DromedaryCommand) root().userObject();
  }

  /** The model of the root. */
  final CommandSpec root() {
    return Objects.requireNonNull(spec, "picocli sets it").root();
  }
}
