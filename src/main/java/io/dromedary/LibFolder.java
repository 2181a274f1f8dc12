package io.dromedary;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The jars of {@code ./lib}, which an operator adds for components that are not in the package.
 *
 * <p>They are put on one class path behind the package's libraries, since the classes of a
 * component and those of the package refer to each other. The manifest of a jar can only list jars
 * that are known when it is built. If there are others, the application runs in a class loader of
 * its own. A jar of a library that the package has is ignored, since two versions of one library do
 * not work together.
 */
final class LibFolder {

  /** The name of a jar. The group is the name without the version. */
  private static final Pattern NAME = Pattern.compile("(.+?)-\\d.*\\.jar");

  private final List<Path> packaged;
  private final List<Path> added;

  private LibFolder(List<Path> packaged, List<Path> added) {
    this.packaged = packaged;
    this.added = added;
  }

  /**
   * Finds the jars of a folder.
   *
   * @param classPath the class path that the JVM was started with
   * @throws IOException if a library of the package is missing or a file in the folder is not a
   *     valid jar. The JVM would silently ignore either.
   */
  static LibFolder of(Path folder, String classPath) throws IOException {
    Set<Path> packaged = new LinkedHashSet<>();
    for (String element : classPath.split(File.pathSeparator, -1)) {
      addTo(packaged, Path.of(element));
    }
    Set<String> names = packaged.stream().map(LibFolder::name).collect(Collectors.toSet());
    List<Path> added = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        files
            .filter(LibFolder::isJar)
            .filter(file -> !names.contains(name(file)))
            .sorted()
            .forEach(added::add);
      }
    }
    for (Path jar : added) {
      checkJar(jar);
    }
    return new LibFolder(List.copyOf(packaged), added);
  }

  private static void checkPackaged(Path jar, List<Path> listed) throws IOException {
    List<Path> missing = listed.stream().filter(library -> !Files.exists(library)).toList();
    if (!missing.isEmpty()) {
      throw new IOException(
          "found %d of the %d libraries of %s, expected %s and all others beside it, as the archive has them"
              .formatted(listed.size() - missing.size(), listed.size(), jar, missing.get(0)));
    }
  }

  private static void checkJar(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      file.getManifest();
    } catch (IOException e) {
      throw new IOException(
          "found " + jar + ", which is no jar (" + e.getMessage() + "), expected only jars in lib",
          e);
    }
  }

  private static boolean isJar(Path file) {
    return file.toString().endsWith(".jar");
  }

  private static void addTo(Set<Path> packaged, Path element) throws IOException {
    if (packaged.add(element) && Files.isRegularFile(element)) {
      try (JarFile jar = new JarFile(element.toFile())) {
        Manifest manifest = jar.getManifest();
        String listed =
            manifest == null
                ? null
                : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
        if (listed != null) {
          URI from = element.toAbsolutePath().toUri();
          List<Path> libraries =
              Stream.of(listed.strip().split(" +", -1))
                  .map(relative -> Path.of(from.resolve(relative)))
                  .toList();
          checkPackaged(element, libraries);
          packaged.addAll(libraries);
        }
      }
    }
  }

  private static String name(Path jar) {
    String file = jar.getFileName() == null ? "" : jar.getFileName().toString();
    Matcher matcher = NAME.matcher(file);
    return matcher.matches() ? matcher.group(1) : file;
  }

  /** The jars that are not on the class path yet. */
  List<Path> added() {
    return added;
  }

  /** Runs a main class with the jars on its class path, and returns when it ends. */
  void run(String mainClass, String[] args) throws Exception {
    List<URL> urls = new ArrayList<>();
    for (Path path : Stream.concat(packaged.stream(), added.stream()).toList()) {
      urls.add(url(path));
    }
    URLClassLoader loader =
        new URLClassLoader(
            "dromedary", urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    Thread.currentThread().setContextClassLoader(loader);
    try {
      Class.forName(mainClass, true, loader)
          .getMethod("main", String[].class)
          .invoke(null, (Object) args);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  private static URL url(Path path) throws MalformedURLException {
    return path.toAbsolutePath().toUri().toURL();
  }
}
