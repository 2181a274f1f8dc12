package io.dromedary.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.openqa.selenium.Alert;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;

/**
 * A headless Chromium. Where there is none, tests are skipped, unless {@code -Dbrowser.required}
 * says that there has to be one. What a page's Content-Security-Policy has stopped and what went
 * wrong on it is gathered, see {@link #problems}.
 */
public final class Browser implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Runs before the scripts of each page, whatever its policy. */
  private static final String GATHER_VIOLATIONS =
      "document.addEventListener('securitypolicyviolation', e => console.error("
          + "'CSP ' + e.effectiveDirective + ' ' + e.blockedURI + ' ' + e.sample))";

  private final ChromeDriver driver;
  private final List<String> problems = new ArrayList<>();

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  /** Opens one, or skips the test. */
  public static Browser open() {
    File chromium = find("chromium", "chromium-browser", "google-chrome");
    File chromedriver = find("chromedriver");
    if (chromium == null || chromedriver == null) {
      String lack =
          "found no chromium and chromedriver on the PATH: apt-get install chromium chromium-driver";
      if (Boolean.getBoolean("browser.required")) {
        fail(lack);
      }
      assumeTrue(false, lack);
    }
    ChromeOptions options = new ChromeOptions();
    options.setBinary(chromium);
    // As root there is no sandbox, and a container has a small /dev/shm.
    options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage");
    options.addArguments("--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1");
    options.setCapability("goog:loggingPrefs", Map.of("browser", "ALL"));
    ChromeDriver driver =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(chromedriver)
                .usingAnyFreePort()
                .build(),
            options);
    driver.manage().timeouts().pageLoadTimeout(PATIENCE).scriptTimeout(PATIENCE);
    Browser browser = new Browser(driver);
    browser.tell("Page.addScriptToEvaluateOnNewDocument", Map.of("source", GATHER_VIOLATIONS));
    return browser.size(1280, 900);
  }

  private static File find(String... names) {
    return Stream.of(names)
        .flatMap(
            name ->
                Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                    .map(folder -> new File(folder, name)))
        .filter(File::canExecute)
        .findFirst()
        .orElse(null);
  }

  /** Tells the browser something by its DevTools protocol. */
  private Map<String, Object> tell(String command, Map<String, Object> parameters) {
    return driver.executeCdpCommand(command, parameters);
  }

  public Browser size(int width, int height) {
    tell(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
    return this;
  }

  public Browser dark(boolean isDark) {
    Map<String, String> scheme =
        Map.of("name", "prefers-color-scheme", "value", isDark ? "dark" : "light");
    tell("Emulation.setEmulatedMedia", Map.of("features", List.of(scheme)));
    return this;
  }

  /** From the next page on, no script of a page runs. */
  public Browser withoutJavaScript() {
    tell("Emulation.setScriptExecutionDisabled", Map.of("value", true));
    return this;
  }

  /** Logs in by HTTP Basic from the next request on. */
  public Browser logIn(String name, String password) {
    tell("Network.enable", Map.of());
    String login = Base64.getEncoder().encodeToString((name + ":" + password).getBytes(UTF_8));
    tell(
        "Network.setExtraHTTPHeaders",
        Map.of("headers", Map.of("Authorization", "Basic " + login)));
    return this;
  }

  public Browser visit(String url) {
    driver.get(url);
    return this;
  }

  public String url() {
    return driver.getCurrentUrl();
  }

  /** The text that can be seen. */
  public String text() {
    return element("body").getText();
  }

  public String text(String css) {
    return element(css).getText();
  }

  /** The first element, which there has to be. */
  public WebElement element(String css) {
    return driver.findElement(By.cssSelector(css));
  }

  public List<WebElement> elements(String css) {
    return driver.findElements(By.cssSelector(css));
  }

  /** The texts of all such elements. */
  public List<String> texts(String css) {
    return elements(css).stream().map(WebElement::getText).toList();
  }

  public Browser click(String css) {
    element(css).click();
    return this;
  }

  /** Clicks a button or link by what is written on it. */
  public Browser clickText(String text) {
    String quoted = "\"" + text + "\"";
    driver
        .findElement(
            By.xpath(
                "//*[self::button or self::a or self::summary][normalize-space(.)=" + quoted + "]"))
        .click();
    return this;
  }

  /** Answers the question that is open, and returns it. */
  public String answerDialogue(boolean isYes) {
    Alert dialogue = driver.switchTo().alert();
    String text = dialogue.getText();
    if (isYes) {
      dialogue.accept();
    } else {
      dialogue.dismiss();
    }
    return text;
  }

  /** Chooses one of several by its value. */
  public Browser choose(String css, String value) {
    driver.findElement(By.cssSelector(css + " option[value=\"" + value + "\"]")).click();
    return this;
  }

  public Browser type(String css, String text) {
    WebElement field = element(css);
    field.clear();
    field.sendKeys(text);
    return this;
  }

  /**
   * Presses keys wherever the focus is: an element that had it may just have been hidden, as a
   * dialog that is being closed.
   *
   * @param keys a line break is the key Enter
   */
  public Browser press(String... keys) {
    for (String each : keys) {
      new Actions(driver).sendKeys(each.equals("\n") ? Keys.ENTER : each).perform();
    }
    return this;
  }

  public Browser enter(String css) {
    element(css).sendKeys(Keys.ENTER);
    return this;
  }

  /** What a script makes of the page. */
  public Object evaluate(String script) {
    return driver.executeScript("return " + script);
  }

  /** Everything that a page's policy has stopped, and errors on its console, since the start. */
  public List<String> problems() {
    for (LogEntry entry : driver.manage().logs().get("browser")) {
      if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
        problems.add(entry.getMessage());
      }
    }
    return List.copyOf(problems);
  }

  /** Whether no dialogue is open, as a script that has been smuggled in would open one. */
  public void assertUnharmed() {
    // An open alert would fail this call.
    assertThat(driver.getTitle()).isNotNull();
    assertThat(problems()).isEmpty();
  }

  /** Writes a picture of the whole page. */
  public void screenshot(Path file) {
    Map<String, Object> picture =
        tell("Page.captureScreenshot", Map.of("captureBeyondViewport", true, "format", "png"));
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, Base64.getDecoder().decode(String.valueOf(picture.get("data"))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    driver.quit();
  }
}
