package io.dromedary.delivery;

import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.hc.core5.http.io.SessionInputBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One attempt, as the thread that makes it and the timer see it: whichever ends it first says what
 * came of it. What it has opened is closed when it ends at its deadline, so that the thread is free
 * again; what it opens after that is closed at once. Thread-safe.
 */
final class Attempt {

  private static final ThreadLocal<Attempt> CURRENT = new ThreadLocal<>();

  private final Duration timeout;
  private final List<Closeable> open = new ArrayList<>(2);
  private volatile boolean ended;

  /** Whether the answer is there and the deadline has not come since, guarded by this. */
  private boolean answered;

  /** The socket that is being connected; confined to the thread that makes the attempt. */
  private @Nullable Socket socket;

  /** Whether its connection is looked at before; confined to that thread, too. */
  private boolean isLookedAt;

  /** Whether the receiver wants a client certificate that is not there; confined to it, too. */
  private boolean lacksCertificate;

  /** What has been received on its connection and not been read; confined to that thread, too. */
  private @Nullable SessionInputBuffer received;

  /**
   * An attempt that begins.
   *
   * @param timeout until its deadline, to tell of it
   */
  Attempt(Duration timeout) {
    this.timeout = timeout;
  }

  /** The attempt that this thread makes, or null. */
  static @Nullable Attempt current() {
    return CURRENT.get();
  }

  /** From now on this thread makes the attempt. */
  void enter() {
    CURRENT.set(this);
  }

  /** This thread makes no attempt any more. */
  static void leave() {
    CURRENT.remove();
  }

  /** The receiver to which this thread connects wants a client certificate. */
  static void isAskedForCertificate(boolean isThere) {
    Attempt attempt = current();
    if (attempt != null) {
      attempt.lacksCertificate = !isThere;
    }
  }

  /** Whether the receiver wanted a client certificate and got none. */
  boolean lacksCertificate() {
    return lacksCertificate;
  }

  /** Ends the attempt. Returns false where it had ended before. */
  synchronized boolean end() {
    boolean isFirst = !ended;
    ended = true;
    return isFirst;
  }

  /**
   * The whole answer is there, if this is the only request that is under way: the deadline is met,
   * however long the thread that has read it waits for a processor.
   *
   * @return false if the attempt had ended before
   */
  synchronized boolean answered() {
    answered = open.size() == 1;
    return !ended;
  }

  /**
   * Ends the attempt at its deadline, unless it had ended or its answer is there; this counts once.
   *
   * @return whether it has ended by this
   */
  synchronized boolean expire() {
    boolean isAnswered = answered;
    answered = false;
    return !isAnswered && end();
  }

  /** Closes what the attempt has opened, after it has ended. Waits for nothing. */
  void close() {
    List<Closeable> left;
    synchronized (this) {
      left = List.copyOf(open);
      open.clear();
    }
    for (Closeable each : left) {
      try {
        each.close();
      } catch (IOException e) {
        // It is closed all the same.
      }
    }
  }

  /**
   * Has something closed when the attempt ends at its deadline.
   *
   * @return how much it has opened
   * @throws AttemptTimeoutException if it has ended; then it is closed already
   */
  int opened(Closeable something) throws IOException {
    synchronized (this) {
      if (!ended) {
        open.add(something);
        return open.size();
      }
    }
    something.close();
    throw new AttemptTimeoutException(timeout);
  }

  /** Is not to be closed any more: it belongs to the attempt no longer. */
  synchronized void released(Closeable something) {
    open.remove(something);
  }

  /**
   * A socket that is being connected: the client closes none before it is, and tries the next
   * address where one is closed.
   */
  void connects(Socket to) throws IOException {
    opened(to);
    socket = to;
  }

  /** The connection is the client's from now on, who closes it when its request is cancelled. */
  synchronized void connected() throws AttemptTimeoutException {
    Socket last = socket;
    if (last != null) {
      socket = null;
      released(last);
    }
    // What was there before asked for credentials.
    answered = false;
    if (ended) {
      throw new AttemptTimeoutException(timeout);
    }
  }

  boolean hasEnded() {
    return ended;
  }

  /** Whether a connection that has served before is looked at before it is used. */
  void looks(boolean looks) {
    isLookedAt = looks;
  }

  boolean isLookedAt() {
    return isLookedAt;
  }

  /** Its answer is read from there. */
  void reads(SessionInputBuffer from) {
    received = from;
  }

  /** Whether something has come behind its answer. */
  boolean isFollowed() {
    SessionInputBuffer left = received;
    return left != null && left.length() > 0;
  }
}
