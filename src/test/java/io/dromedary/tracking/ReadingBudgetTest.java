package io.dromedary.tracking;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dromedary.event.NotEnoughMemoryException;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;

/** The requests that are read at the same time fit into their share of the heap. */
class ReadingBudgetTest {

  private static final int KIB = 1024;

  private final ReadingBudget room = new ReadingBudget(100 * KIB);

  private ReadingBudget.Reading open() {
    return room.open(exchange());
  }

  private static Exchange exchange() {
    return new DefaultExchange(new DefaultCamelContext());
  }

  @Test
  void whatIsReadAtOnceIsBounded() {
    ReadingBudget.Reading first = open();
    first.text(15 * KIB);
    ReadingBudget.Reading second = open();
    assertThatThrownBy(() -> second.text(5 * KIB)).isInstanceOf(NotEnoughMemoryException.class);
    // Memory is returned if a request is smaller than expected, or if its exchange is done.
    first.text(13 * KIB);
    second.text(5 * KIB);
    first.onDone(exchange());
    second.more(55 * KIB);
    assertThatThrownBy(() -> open().text(4 * KIB)).isInstanceOf(NotEnoughMemoryException.class);
  }

  @Test
  void whatBecomesLongLeavesAQuarterToWhatDoesNot() {
    ReadingBudget.Reading large = open();
    large.text(KIB);
    large.more(1_000 * KIB);
    assertThatCode(() -> open().text(3 * KIB)).doesNotThrowAnyException();
    assertThatCode(() -> open().text(3 * KIB)).doesNotThrowAnyException();
  }

  @Test
  void whatNeedsMoreThanThereIsIsReadAlone() {
    ReadingBudget.Reading large = open();
    assertThatCode(() -> large.text(1_000 * KIB)).doesNotThrowAnyException();
    assertThatThrownBy(() -> open().text(4 * KIB)).isInstanceOf(NotEnoughMemoryException.class);
    large.onDone(exchange());
    assertThatCode(() -> open().text(18 * KIB)).doesNotThrowAnyException();
  }

  /** Small merges into many events are added up. */
  @Test
  void whatIsMergedIsCountedToTheByte() {
    ReadingBudget.Reading reading = open();
    for (int i = 0; i < 1_000; i++) {
      reading.more(10);
    }
    // It would use the quarter that is reserved for short requests.
    assertThatThrownBy(() -> open().text(17 * KIB)).isInstanceOf(NotEnoughMemoryException.class);
    assertThatCode(() -> open().text(16 * KIB)).doesNotThrowAnyException();
  }
}
