package io.dromedary.testing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** That the browser of the tests tells what a page's policy has stopped. */
class BrowserIT {

  @Test
  void tellsWhatAPolicyHasStopped() {
    try (Receiver receiver = Receiver.start();
        Browser browser = Browser.open()) {
      receiver.answer(
          Answer.status(200)
              .header("Content-Type", "text/html")
              .header("Content-Security-Policy", "default-src 'none'")
              .body("<!doctype html><title>t</title><p>hello<script>document.title='x'</script>"));

      browser.visit(receiver.url("/page"));

      assertThat(browser.text()).isEqualTo("hello");
      assertThat(browser.evaluate("document.title")).isEqualTo("t");
      assertThat(browser.problems())
          .anySatisfy(problem -> assertThat(problem).contains("CSP script-src-elem inline"));
    }
  }
}
