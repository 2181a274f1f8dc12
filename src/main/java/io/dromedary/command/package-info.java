/** The command line: what an operator can do to a process, or without one, from a shell. */
@NullMarked
package io.dromedary.command;

import org.jspecify.annotations.NullMarked;
