package io.dromedary.crash;

import io.dromedary.testing.Answer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;

/** What befalls the application in a soak, for some seconds each. */
enum Trouble {
  CALM {
    @Override
    void begin(Scene scene) {}
  },
  DOWN {
    @Override
    void begin(Scene scene) {
      scene.webhook().vanish();
    }

    @Override
    void end(Scene scene) {
      scene.webhook().comeBack();
    }
  },
  SLOW {
    @Override
    void begin(Scene scene) {
      scene.webhook().accept(Answer.status(200).after(Duration.ofMillis(300)));
    }

    @Override
    void end(Scene scene) {
      scene.webhook().accept(Answer.status(200));
    }
  },
  REFUSING {
    @Override
    void begin(Scene scene) {
      scene.webhook().refuse(Answer.status(503));
    }

    @Override
    void end(Scene scene) {
      scene.webhook().accept(Answer.status(200));
    }
  },
  FULL {
    @Override
    void begin(Scene scene) throws IOException {
      try (OutputStream ballast = Files.newOutputStream(scene.disk().resolve(BALLAST))) {
        fill(ballast, 1 << 20);
        fill(ballast, 1);
      }
    }

    @Override
    void end(Scene scene) throws IOException {
      Files.delete(scene.disk().resolve(BALLAST));
    }
  },
  KILL {
    @Override
    void begin(Scene scene) throws IOException, InterruptedException {
      scene.node().kill();
      scene.node().start();
      scene.node().awaitReady();
    }
  };

  /** Takes what room there is on a disk. */
  static final Path BALLAST = Path.of("ballast-of-the-test");

  /** Whom and what it befalls. */
  record Scene(Node node, SoakWebhook webhook, Path disk) {}

  abstract void begin(Scene scene) throws IOException, InterruptedException;

  void end(Scene scene) throws IOException {}

  /** How long it lasts: a full disk as long as it takes somebody to see to it. */
  Duration lasts(Random random) {
    return this == FULL ? Duration.ofSeconds(20) : Duration.ofSeconds(3 + random.nextInt(15));
  }

  private static void fill(OutputStream file, int pieceBytes) {
    try {
      while (true) {
        file.write(new byte[pieceBytes]);
      }
    } catch (IOException e) {
      // Full.
    }
  }
}
