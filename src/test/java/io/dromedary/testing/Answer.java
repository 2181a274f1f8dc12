package io.dromedary.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Function;

/** What a {@link Receiver} does with a request. Immutable, so one may serve any number of them. */
public class Answer {

  /** Acts on a connection; returns whether the connection stays open for the next request. */
  interface Act {
    boolean on(Connection connection, Request request) throws IOException;
  }

  private static final String OK = "HTTP/1.1 200 \r\n";
  private static final String OK_CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n";
  private static final Answer RESET_BEFORE_READING =
      new Answer(
          (connection, request) -> {
            connection.reset();
            return false;
          });

  private final Act act;

  private Answer(Act act) {
    this.act = act;
  }

  /** An empty answer with the status. */
  public static Reply status(int status) {
    return new Reply(status, "", "");
  }

  /** An empty answer that points elsewhere. */
  public static Reply redirect(int status, String location) {
    return status(status).header("Location", location);
  }

  /** A 200 whose body comes a byte at a time, for ever. */
  public static Answer dripBody(Duration gap) {
    return drip(OK_CHUNKED, "1\r\nx\r\n", gap);
  }

  /** A status line whose first header comes a byte at a time, for ever. */
  public static Answer dripHeaders(Duration gap) {
    return drip(OK + "X-Drip: ", "x", gap);
  }

  /** A 200 whose body comes as fast as the client takes it, for ever. */
  public static Answer endlessBody() {
    return drip(OK_CHUNKED, "2000\r\n" + "x".repeat(0x2000) + "\r\n", Duration.ZERO);
  }

  /** A status line and headers as fast as the client takes them, for ever. */
  public static Answer endlessHeaders() {
    return drip(OK, "X-Endless: x\r\n".repeat(500), Duration.ZERO);
  }

  /** 48 KiB of headers, and nothing after them. */
  public static Answer longHeadersThenHang() {
    byte[] bytes = (OK + ("X-Long: " + "x".repeat(1014) + "\r\n").repeat(48)).getBytes(ISO_8859_1);
    return new Answer(
        (connection, request) -> {
          connection.write(bytes);
          while (!connection.endsWithin(Duration.ofDays(1))) {}
          return false;
        });
  }

  private static Answer drip(String start, String drop, Duration gap) {
    byte[] bytes = drop.getBytes(ISO_8859_1);
    return new Answer(
        (connection, request) -> {
          connection.write(start.getBytes(ISO_8859_1));
          do {
            connection.write(bytes);
          } while (!connection.endsWithin(gap));
          return false;
        });
  }

  /** No answer, on a connection that stays open until the client closes it. */
  public static Answer hang() {
    return new Answer(
        (connection, request) -> {
          while (!connection.endsWithin(Duration.ofDays(1))) {}
          return false;
        });
  }

  /** Reads and records the request, and resets the connection. */
  public static Answer reset() {
    return new Answer(RESET_BEFORE_READING.act);
  }

  /**
   * Resets the connection at a request's first byte. Nothing is recorded but the connection. Only
   * {@link Receiver#answer} and {@link Receiver#answerNext} can do so; for {@link
   * Receiver#answerBy}, which has to see the request, it is {@link #reset}.
   */
  public static Answer resetBeforeReading() {
    return RESET_BEFORE_READING;
  }

  /** Closes the connection without an answer. */
  public static Answer closeSilently() {
    return new Answer((connection, request) -> false);
  }

  /** Bytes that are not HTTP, and the end of the connection. */
  public static Answer garbage() {
    byte[] bytes = "\0\1\2 this is not HTTP\r\n\r\n".getBytes(ISO_8859_1);
    return new Answer(
        (connection, request) -> {
          connection.write(bytes);
          return false;
        });
  }

  /** These bytes, whatever they are, and the end of the connection unless it stays. */
  public static Answer bytes(byte[] bytes, boolean stays) {
    return new Answer(
        (connection, request) -> {
          connection.write(bytes);
          return stays;
        });
  }

  /** The answer, and then the end of a connection that a client's pool takes for alive. */
  public static Answer closeAfter(Answer answer) {
    return new Answer(
        (connection, request) -> {
          answer.act(connection, request);
          return false;
        });
  }

  /** This answer, late. */
  public Answer after(Duration delay) {
    return new Answer(
        (connection, request) -> !connection.endsWithin(delay) && act(connection, request));
  }

  /**
   * This answer, and then a task, if the answer has been written whole and the connection stays.
   */
  public Answer then(Runnable task) {
    return new Answer(
        (connection, request) -> {
          boolean stays = act(connection, request);
          if (stays) {
            task.run();
          }
          return stays;
        });
  }

  /** This answer, and then another one to the same request, if the connection stays. */
  public Answer followedBy(Answer next) {
    return new Answer(
        (connection, request) -> act(connection, request) && next.act(connection, request));
  }

  static Answer by(Function<Request, Answer> choice) {
    return new Answer((connection, request) -> choice.apply(request).act(connection, request));
  }

  boolean act(Connection connection, Request request) throws IOException {
    return act.on(connection, request);
  }

  /** A well-formed answer. */
  public static final class Reply extends Answer {

    private final int status;
    private final String headers;
    private final String body;

    private Reply(int status, String headers, String body) {
      super(write(status, headers, body));
      this.status = status;
      this.headers = headers;
      this.body = body;
    }

    /** This answer with one more header line. */
    public Reply header(String name, String value) {
      return new Reply(status, headers + name + ": " + value + "\r\n", body);
    }

    /** This answer with the body, in UTF-8. */
    public Reply body(String body) {
      return new Reply(status, headers, body);
    }

    private static Act write(int status, String headers, String body) {
      // An answer below 200 is no final one, so the client would wait on.
      if (status < 200 || status > 999) {
        throw new IllegalArgumentException("expected a status from 200 to 999: " + status);
      }
      // These two have no body, and a 204 must not even give its length.
      boolean bodiless = status == 204 || status == 304;
      String length = "Content-Length: " + body.getBytes(UTF_8).length + "\r\n";
      String head = "HTTP/1.1 " + status + " \r\n" + headers + (bodiless ? "" : length) + "\r\n";
      byte[] bytes = (head + (bodiless ? "" : body)).getBytes(UTF_8);
      return (connection, request) -> {
        connection.write(bytes);
        return true;
      };
    }
  }
}
