package io.dromedary.command;

import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command below the root. It has the root's options, too. */
abstract class Subcommand implements Callable<Integer> {

  @Spec private @Nullable CommandSpec spec;

  /** Returns the root of the commands, with the values of the shared options. */
  final DromedaryCommand dromedary() {
    return (DromedaryCommand) root().userObject();
  }

  /** Returns picocli's model of the root. */
  final CommandSpec root() {
    return Objects.requireNonNull(spec, "picocli sets it").root();
  }
}
