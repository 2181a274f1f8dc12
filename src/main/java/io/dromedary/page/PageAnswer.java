package io.dromedary.page;

import java.util.Map;

/**
 * An answer of the page.
 *
 * @param type the media type of the body
 * @param headers further headers
 */
public record PageAnswer(int status, String type, String body, Map<String, String> headers) {}
