package io.dromedary.testing;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;

/** The class path of the tests, for a process of their own. */
public final class ClassPath {

  private ClassPath() {}

  /** That of the tests, however they are run. */
  public static String ofTests() {
    List<String> paths = new ArrayList<>();
    if (Thread.currentThread().getContextClassLoader() instanceof URLClassLoader loader) {
      for (URL url : loader.getURLs()) {
        paths.add(new File(url.getPath()).getPath());
      }
    }
    paths.add(System.getProperty("java.class.path"));
    return String.join(File.pathSeparator, paths);
  }
}
