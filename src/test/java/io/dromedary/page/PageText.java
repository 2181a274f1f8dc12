package io.dromedary.page;

/** Reads the visible text of a document of the page, with single blanks. */
public final class PageText {

  private PageText() {}

  public static String of(String html) {
    return html.replaceAll("(?s)<head>.*</head>", "")
        .replaceAll("<[^>]*>", " ")
        .replaceAll("\\s+", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
        .strip();
  }
}
