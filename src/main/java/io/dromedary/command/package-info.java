/** The command line: commands for operators, with or without a running application. */
@NullMarked
package io.dromedary.command;

import org.jspecify.annotations.NullMarked;
