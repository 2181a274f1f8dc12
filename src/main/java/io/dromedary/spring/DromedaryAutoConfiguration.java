package io.dromedary.spring;

import io.dromedary.http.RawBodies;
import io.dromedary.settings.Inbound;
import io.dromedary.settings.ServerPaths;
import jakarta.servlet.Filter;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.spi.CamelContextCustomizer;
import org.apache.camel.spi.PropertiesSource;
import org.apache.camel.support.LifecycleStrategySupport;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Provides the routes with what they need from Spring Boot and find by themselves in other hosts.
 */
@AutoConfiguration
public class DromedaryAutoConfiguration {

  /** The settings by name; Camel finds this bean in the registry. */
  @Bean
  PropertiesSource dromedaryProperties(ConfigurableEnvironment environment) {
    return new SpringProperties(environment);
  }

  /** Applies if Spring's HTTP server serves {@code platform-http}. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({Filter.class, PlatformHttpEndpoint.class})
  @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
  static class Http {

    @Bean
    FilterRegistrationBean<RawBodyFilter> dromedaryRawBodies(
        ObjectProvider<CamelContext> contexts, ConfigurableEnvironment environment) {
      SpringProperties properties = new SpringProperties(environment);
      String tracking = ServerPaths.trackingPath(properties.getProperty("webhooks.path"));
      List<String> paths = new ArrayList<>(ServerPaths.sdkPaths(tracking));
      properties.loadProperties(name -> name.startsWith("webhooks.inbound")).values().stream()
          .map(uri -> new Inbound("", uri.toString()))
          .filter(Inbound::isOfPlatform)
          .forEach(inbound -> paths.add(inbound.path()));
      FilterRegistrationBean<RawBodyFilter> filter =
          new FilterRegistrationBean<>(new RawBodyFilter(contexts, paths));
      // Before all filters that read bodies.
      filter.setOrder(Ordered.HIGHEST_PRECEDENCE + 100);
      return filter;
    }

    /** Makes Camel stream bodies: it would read them as text, which corrupts compressed ones. */
    @Bean
    CamelContextCustomizer dromedaryStreaming() {
      return context ->
          context.addLifecycleStrategy(
              new LifecycleStrategySupport() {
                @Override
                public void onEndpointAdd(Endpoint endpoint) {
                  if (endpoint instanceof PlatformHttpEndpoint http
                      && RawBodies.checkOf(context, http.getPath()) != null) {
                    http.setUseStreaming(true);
                  }
                }
              });
    }
  }
}
