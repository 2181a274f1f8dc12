package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.dromedary.app.PackagedApplication;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.Route;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The routes that are made: of each kind only the one that the settings require. */
class RoutePreconditionsTest {

  @TempDir Path folder;

  static Stream<Arguments> settings() {
    return Stream.of("1", "2")
        .flatMap(size -> Stream.of("mock:a", "mock:a,mock:b").map(urls -> arguments(size, urls)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("settings")
  void onlyOneRouteOfAKindIsMade(String batchSize, String urls) {
    Map<String, String> settings =
        Map.of(
            "webhooks.inbound", "direct:in",
            "webhooks.batch.size", batchSize,
            "webhooks.urls", urls);
    try (Application application = Application.start(folder, settings)) {
      String deliver =
          batchSize.equals("1") ? "dromedary-deliver-events" : "dromedary-deliver-batches";
      List<String> expected =
          new ArrayList<>(
              List.of(
                  "dromedary-receive-events",
                  "dromedary-dead-letters",
                  "dromedary-request-bin",
                  deliver + "-default",
                  "dromedary-redeliver-round-default",
                  (urls.contains(",") ? "dromedary-send-round-to-several" : "dromedary-send-round")
                      + "-default",
                  "dromedary-give-up-default",
                  "dromedary-manage",
                  "dromedary-keep-dead-letter-default"));
      assertThat(application.context().getRoutes())
          .extracting(Route::getRouteId)
          .containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void noRouteTakesPartInTheConfigurationOfAHost() throws IOException {
    for (String name : PackagedApplication.ROUTES) {
      String file = Files.readString(Path.of("routes", name + ".camel.yaml"));
      String[] routes = file.split("(?m)^ *(- )?route:$", -1);
      assertThat(routes).as(name).allMatch(route -> route.equals(routes[0]) || named(route));
    }
  }

  private static boolean named(String route) {
    return route.contains("routeConfigurationId: ") && route.contains("errorHandler:");
  }
}
