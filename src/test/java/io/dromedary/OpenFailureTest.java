package io.dromedary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.dromedary.app.StartFailure;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The message about a store that cannot be opened: one sentence. */
@Timeout(60)
class OpenFailureTest {

  @TempDir Path folder;

  private String failure(String url) {
    Map<String, String> settings = Map.of("webhooks.urls", "seda:a", "webhooks.outbox.url", url);
    return StartFailure.describe(catchThrowable(() -> Application.start(folder, settings).close()));
  }

  private Path corrupt() throws Exception {
    return Files.writeString(folder.resolve("corrupt.db"), "no database".repeat(1000));
  }

  @Test
  void aFileThatIsNoDatabase() throws Exception {
    assertThat(failure("jdbc:sqlite:" + corrupt()))
        .isEqualTo(
            "Dromedary cannot start: The outbox (webhooks.outbox.url) cannot be opened:"
                + " [SQLITE_NOTADB] File opened that is not a database file (file is not a database)");
  }

  @Test
  void aFileBelowAFile() throws Exception {
    assertThat(failure("jdbc:sqlite:" + corrupt() + "/outbox.db"))
        .startsWith(
            "Dromedary cannot start: The outbox "
                + corrupt()
                + "/outbox.db cannot be opened: expected a file in a folder that can be written to,"
                + " found ")
        .doesNotContain("\n", "Failed to start route");
  }

  @Test
  void aServerThatIsNotThere() {
    assertThat(failure("jdbc:postgresql://127.0.0.1:1/none?password=hush"))
        .isEqualTo(
            "Dromedary cannot start: The outbox (webhooks.outbox.url) cannot be opened: Connection to"
                + " 127.0.0.1:1 refused. Check that the hostname and port are correct and that the"
                + " postmaster is accepting TCP/IP connections.");
  }

  @Test
  void aFileThatIsInUse() {
    try (Application first = Application.start(folder, Map.of("webhooks.urls", "seda:a"))) {
      assertThat(first.context().isStarted()).isTrue();
      assertThat(failure("jdbc:sqlite:" + folder.resolve("outbox.db")))
          .isEqualTo(
              "Dromedary cannot start: The outbox "
                  + folder.resolve("outbox.db")
                  + " is in use by another outbox of this process: expected one a file.");
    }
  }

  /** Camel also stops a consumer that has not started. */
  @Test
  void aRouteFromTheOutboxFailsWithNothingElse() throws Exception {
    CamelContext context = new DefaultCamelContext();
    context
        .getPropertiesComponent()
        .addOverrideProperty("webhooks.outbox.url", "jdbc:sqlite:" + corrupt());
    context.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("outbox:orders").to("log:orders");
          }
        });
    PrintStream out = System.out;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setOut(new PrintStream(log, true, UTF_8));
    Throwable failure;
    try {
      failure = catchThrowable(context::start);
      context.stop();
    } finally {
      System.setOut(out);
    }

    assertThat(StartFailure.describe(failure))
        .isEqualTo(
            "Dromedary cannot start: The outbox (webhooks.outbox.url) cannot be opened:"
                + " [SQLITE_NOTADB] File opened that is not a database file (file is not a database)");
    assertThat(log.toString(UTF_8)).doesNotContain("NullPointerException");
  }
}
