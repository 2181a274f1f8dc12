package io.dromedary.page;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the frame of every view: the document's head, the navigation and a message. */
final class PageFrame {

  /** How often the script refreshes a view, in seconds. */
  static final int LIVE_SECONDS = 5;

  /** A link of the navigation: its path, its name, and the key that follows it after {@code g}. */
  record Way(String path, String name, String key) {}

  static final List<Way> WAYS =
      List.of(
          new Way("", "Overview", "o"),
          new Way("events", "Events", "e"),
          new Way("pending", "Pending", "w"),
          new Way("dead-letters", "Dead letters", "d"),
          new Way("alerts", "Alerts", "a"),
          new Way("settings", "Settings", "s"));

  private final List<Way> ways;

  /** Makes a frame whose navigation has the given links. */
  PageFrame(List<Way> ways) {
    this.ways = ways;
  }

  /** Writes a whole document, whose main part is the given one, and returns it. */
  String around(
      Html html, PageRequest request, String title, @Nullable FormResult done, Html.Part main)
      throws Exception {
    html.declaration("<!DOCTYPE html>\n").open("html", "lang", "en");
    html.in("head", () -> head(html, request, title));
    html.open("body");
    html.element("a", "Skip to the content", "class", "skip", "href", "#main");
    html.in("header", () -> header(html, request), "class", "top");
    html.open("main", "id", "main");
    if (done != null && !done.message().isEmpty()) {
      message(html, done);
    }
    main.write();
    html.close();
    html.element("footer", "All times are UTC.", "class", "bottom soft");
    return html.end();
  }

  private static void head(Html html, PageRequest request, String title) {
    html.open("meta", "charset", "utf-8");
    html.open("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
    html.open("meta", "name", "color-scheme", "content", "light dark");
    html.element("title", title + " · Dromedary");
    html.open("link", "rel", "stylesheet", "href", request.link("page.css"));
    html.open("link", "rel", "icon", "type", "image/svg+xml", "href", request.link("icon.svg"));
    html.element("script", "", "type", "module", "src", request.link("page.js"));
  }

  private void header(Html html, PageRequest request) throws Exception {
    html.in(
        "a",
        () -> {
          html.open("img", "src", request.link("icon.svg"), "alt", "", "width", "22");
          html.text("Dromedary");
        },
        "class",
        "brand",
        "href",
        request.link());
    String here = request.path().isEmpty() ? "" : request.path().get(0);
    html.open("nav", "aria-label", "Views");
    for (Way way : ways) {
      boolean isHere = way.path().equals(here) || (way.path().isEmpty() && here.equals("webhooks"));
      html.element(
          "a",
          way.name(),
          "href",
          way.path().isEmpty() ? request.link() : request.link(way.path()),
          "data-key",
          way.key(),
          "aria-current",
          isHere ? "page" : null);
    }
    html.close();
    if (ways.stream().anyMatch(way -> way.path().equals("events"))) {
      search(html, request);
    }
    // Hidden until the script shows it, since without the script nothing is refreshed.
    html.open("p", "class", "live", "data-every", Integer.toString(LIVE_SECONDS), "hidden", "");
    html.element("span", "live", "role", "status");
    html.element("button", "Pause", "type", "button", "data-pause", "", "title", "Pause (r)");
    html.element("button", "?", "type", "button", "data-help", "", "title", "Keys (?)");
    html.close();
  }

  private static void search(Html html, PageRequest request) {
    html.open("form", "class", "search", "role", "search", "action", request.link("events"));
    boolean isSearch = request.path().size() == 1 && request.path().get(0).equals("events");
    html.open(
        "input",
        "type",
        "search",
        "name",
        "q",
        "aria-label",
        "Search events",
        "placeholder",
        "Search events: id, type:track, status:5xx",
        "autocomplete",
        "off",
        "spellcheck",
        "false",
        "value",
        isSearch ? request.parameter("q") : null);
    html.close();
  }

  /** Writes a message above a view. Screen readers announce a failure at once. */
  static void message(Html html, FormResult done) {
    html.element(
        "p",
        done.message(),
        "class",
        done.isFailure() ? "message bad" : "message good",
        "role",
        done.isFailure() ? "alert" : "status");
  }
}
