package io.dromedary.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HttpTest {

  private final Receiver receiver = Receiver.start();

  @AfterEach
  void close() {
    receiver.close();
  }

  @Test
  void aConnectionThatTheServerClosesDoesNotFailAQuestion() {
    receiver.answerNext(Answer.status(200), Answer.closeSilently()).answer(Answer.status(204));
    assertThat(Http.send("GET", receiver.url()).status()).isEqualTo(200);
    assertThat(Http.send("OPTIONS", receiver.url()).status()).isEqualTo(204);
    assertThat(receiver.count()).isEqualTo(3);
  }

  @Test
  void whatMayHaveBeenTakenIsNotSentAgain() {
    receiver.answer(Answer.closeSilently());
    assertThatThrownBy(() -> Http.post(receiver.url(), "{}")).isInstanceOf(AssertionError.class);
    assertThat(receiver.count()).isEqualTo(1);
  }
}
