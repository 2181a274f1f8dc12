package io.dromedary.outbox.store;

import static io.dromedary.testing.Json.json;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests which user an event belongs to: erasing a user must include invalid events. */
class EventFilterTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          u1           | true  | {'userId':'u1'}
          u1           | true  | {'a':NaN,'userId':'u1','b':-Infinity}
          u1           | true  | {'a':'\u00ff','userId':'u1'}
          u1           | true  | {'a':[{'userId':'u2'},NaN],'userId':'u1'}
          u1           | true  | {'userId':'u1','a':}
          u1           | true  | {'userId':'u1','a
          u1           | true  | {'userId':'u2','userId':'u1'}
          u1           | false | {'userId':'u1','userId':'u2'}
          u1           | false | {'a':{'userId':'u1'}}
          u1           | false | {'userId':['u1']}
          u1           | false | ['u1']
          u1           | false | 'u1'
          u1           | false | userId=u1
          ü'☃          | true  | {'userId':'\\u00fc\\u0027\\u2603'}
          7            | true  | {'userId':7}
          7            | true  | {'userId':'7'}
          7.0          | true  | {'userId':7}
          7.0          | false | {'userId':'7'}
          7            | true  | {'userId':7.0,'a':NaN}
          90071992547409931 | true | {'userId':90071992547409940}
          NaN          | false | {'userId':NaN}
          """)
  void anEventIsOfTheUserThatItsTextSays(String userId, boolean expected, String text) {
    EventFilter filter = new EventFilter(null, null, null, userId, null, null, Set.of());

    // A letter beyond ASCII in ISO 8859-1 is not valid UTF-8.
    assertThat(filter.isOfUser(json(text).getBytes(ISO_8859_1))).isEqualTo(expected);
  }
}
