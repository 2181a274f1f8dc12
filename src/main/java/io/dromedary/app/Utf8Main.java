package io.dromedary.app;

import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;

/**
 * Reads properties files in UTF-8, as today's editors write them. Java's default, ISO-8859-1, would
 * silently change a secret.
 */
class Utf8Main extends Main {

  @Override
  protected CamelContext createCamelContext() {
    CamelContext context = super.createCamelContext();
    context.getPropertiesComponent().setEncoding("UTF-8");
    return context;
  }
}
