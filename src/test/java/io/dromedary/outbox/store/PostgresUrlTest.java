package io.dromedary.outbox.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests how a URL is split into the one for the driver and the credentials. */
class PostgresUrlTest {

  @ParameterizedTest
  @CsvSource({
    "jdbc:postgresql://db/events, jdbc:postgresql://db/events, {}",
    "jdbc:postgresql:events, jdbc:postgresql:events, {}",
    "jdbc:postgresql://a:1%2C b/e?ssl=true, jdbc:postgresql://a:1%2C b/e?ssl=true, {}",
    "jdbc:postgresql://db/e?password=a%26b, jdbc:postgresql://db/e, {password=a&b}",
    "jdbc:postgresql://db/e?ssl=true&password=a&x=1, jdbc:postgresql://db/e?ssl=true&x=1, {password=a}",
    "jdbc:postgresql://db/e?user=u&sslpassword=s, jdbc:postgresql://db/e, '{sslpassword=s, user=u}'",
    "jdbc:postgresql://u:a@b@db/e, jdbc:postgresql://db/e, '{password=a@b, user=u}'",
    "jdbc:postgresql://u@db/e?password=a, jdbc:postgresql://db/e, '{password=a, user=u}'",
    "jdbc:postgresql://db/e?password=%, jdbc:postgresql://db/e, {password=%}",
    "jdbc:postgresql://db/e?password, jdbc:postgresql://db/e?password, {}",
  })
  void whoConnectsIsNotInIt(String url, String jdbc, String credentials) {
    PostgresUrl found = PostgresUrl.of(url);

    assertThat(found.jdbc()).isEqualTo(jdbc);
    assertThat(new TreeMap<>(found.credentials())).hasToString(credentials);
  }
}
