package io.dromedary;

import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;

/**
 * Reads properties files in UTF-8, as editors write them today. Java's own way is ISO-8859-1, in
 * which a secret would become another one without a word.
 */
class Utf8Main extends Main {

  @Override
  protected CamelContext createCamelContext() {
    CamelContext context = super.createCamelContext();
    context.getPropertiesComponent().setEncoding("UTF-8");
    return context;
  }
}
