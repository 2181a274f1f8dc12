package io.dromedary.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HtmlTest {

  @Test
  void textAndValuesAreEscaped() {
    String hostile = "<script>alert(\"1\" & '2')</script>";

    assertThat(new Html().element("p", hostile, "title", hostile).end())
        .isEqualTo(
            "<p title=\"&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;\">"
                + "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;</p>");
  }

  @Test
  void whatTurnsTheOrderOfLettersOrIsNotSeenIsShown() {
    assertThat(new Html().text("a\u202etxt.exe\u0000\u001b[1m\u200f\u2066\nb").end())
        .isEqualTo("a\ufffdtxt.exe\ufffd\ufffd[1m\ufffd\ufffd\nb");
  }

  @Test
  void everyElementIsClosed() throws Exception {
    Html html = new Html();
    html.open("main").in("p", () -> html.open("b").open("i").text("x"), "class", "c");
    html.open("input", "hidden", "", "value", null);

    assertThat(html.end())
        .isEqualTo("<main><p class=\"c\"><b><i>x</i></b></p><input hidden></main>");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "\u0001javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example"
      })
  void linksStayBelowTheManagementPath(String link) {
    assertThatThrownBy(() -> new Html().open("a", "href", link))
        .hasMessage("expected a relative link, found another");
  }

  @ParameterizedTest
  @ValueSource(strings = {"onclick", "style", "srcdoc", "a b", "x=\"", ""})
  void noAttributeHoldsCode(String name) {
    assertThatThrownBy(() -> new Html().open("a", name, "x"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void relativeLinksMayHaveAnyParameter() {
    assertThat(new Html().open("a", "href", "../events?q=a:b").end())
        .isEqualTo("<a href=\"../events?q=a:b\"></a>");
  }
}
