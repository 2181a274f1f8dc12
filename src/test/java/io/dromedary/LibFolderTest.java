package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jars of an operator that are added to those of the package. */
class LibFolderTest {

  @TempDir private Path folder;

  private Path jar(String path, String classPath) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath);
    Path file = folder.resolve(path);
    Files.createDirectories(file.getParent());
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out, manifest)) {
      jar.finish();
    }
    return file;
  }

  @Test
  void thoseThatThePackageDoesNotHave() throws IOException {
    Path application = jar("app/dromedary.jar", "lib/a-util-1.0.jar lib/b-2.jar");
    jar("app/lib/a-util-1.0.jar", "");
    jar("app/lib/b-2.jar", "");
    jar("work/lib/a-util-1.1.jar", "");
    jar("work/lib/a-1.1.jar", "");
    jar("work/lib/b-2.jar", "");
    jar("work/lib/own.jar", "");
    Files.writeString(folder.resolve("work/lib/notes.txt"), "no jar");

    LibFolder lib = LibFolder.of(folder.resolve("work/lib"), application.toString());

    assertThat(lib.added())
        .map(Path::getFileName)
        .map(Path::toString)
        .containsExactly("a-1.1.jar", "own.jar");
  }

  @Test
  void noneWhereThereIsNoFolder() throws IOException {
    String classPath = folder.resolve("none.jar") + File.pathSeparator + folder;

    assertThat(LibFolder.of(folder.resolve("lib"), classPath).added()).isEmpty();
  }

  /** The JVM would ignore it, and some classes would be missing later. */
  @Test
  void aLibraryThatIsMissingIsSaid() throws IOException {
    Path application = jar("app/dromedary.jar", "lib/a-1.jar lib/b-2.jar");
    jar("app/lib/a-1.jar", "");

    assertThatThrownBy(() -> LibFolder.of(folder.resolve("lib"), application.toString()))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "found 1 of the 2 libraries of "
                + application
                + ", expected "
                + folder.resolve("app/lib/b-2.jar")
                + " and all others beside it, as the archive has them");
  }

  @Test
  void aJarThatIsBrokenIsSaid() throws IOException {
    Path application = jar("app/dromedary.jar", "");
    Path broken = folder.resolve("lib/broken-1.jar");
    Files.createDirectories(broken.getParent());
    Files.writeString(broken, "<html>404</html>");

    assertThatThrownBy(() -> LibFolder.of(folder.resolve("lib"), application.toString()))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "found "
                + broken
                + ", which is no jar (zip END header not found), expected only jars in lib");
  }
}
