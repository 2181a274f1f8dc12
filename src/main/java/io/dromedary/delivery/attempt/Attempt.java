package io.dromedary.delivery.attempt;

import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.hc.core5.http.io.SessionInputBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The state of one attempt, shared by the thread that makes it and the timer. Whichever ends it
 * first decides its outcome. When the attempt ends at its deadline, everything it has opened is
 * closed, so that its thread returns, and everything it opens later is closed at once. Thread-safe.
 */
public final class Attempt {

  private static final ThreadLocal<Attempt> CURRENT = new ThreadLocal<>();

  private final Duration timeout;
  private final List<Closeable> open = new ArrayList<>(2);
  private volatile boolean ended;

  /** Whether the answer is complete and the deadline has not passed since; guarded by this. */
  private boolean answered;

  /** The socket that is being connected; confined to the thread that makes the attempt. */
  private @Nullable Socket socket;

  /** Whether its connection is checked before use; confined to that thread, too. */
  private boolean isLookedAt;

  /**
   * Whether the receiver wants a client certificate and there is none; confined to that thread,
   * too.
   */
  private boolean lacksCertificate;

  /**
   * The connection's input buffer, whose content has not been read; confined to that thread, too.
   */
  private @Nullable SessionInputBuffer received;

  /**
   * Creates an attempt that begins now.
   *
   * @param timeout the timeout, for messages
   */
  public Attempt(Duration timeout) {
    this.timeout = timeout;
  }

  /** Returns the attempt that this thread makes, or null. */
  public static @Nullable Attempt current() {
    return CURRENT.get();
  }

  /** Binds the attempt to this thread. */
  public void enter() {
    CURRENT.set(this);
  }

  /** Unbinds the attempt from this thread. */
  public static void leave() {
    CURRENT.remove();
  }

  /** Records that the receiver of this thread's attempt wants a client certificate. */
  public static void isAskedForCertificate(boolean isThere) {
    Attempt attempt = current();
    if (attempt != null) {
      attempt.lacksCertificate = !isThere;
    }
  }

  /** Returns whether the receiver wanted a client certificate and got none. */
  public boolean lacksCertificate() {
    return lacksCertificate;
  }

  /** Ends the attempt. Returns false if it had already ended. */
  public synchronized boolean end() {
    boolean isFirst = !ended;
    ended = true;
    return isFirst;
  }

  /**
   * Marks the answer as complete if this is the only request in progress. The deadline is then met,
   * even if the thread that has read the answer has to wait for a processor.
   *
   * @return false if the attempt had already ended
   */
  public synchronized boolean answered() {
    answered = open.size() == 1;
    return !ended;
  }

  /**
   * Ends the attempt at its deadline, unless it has ended or its answer is complete. A complete
   * answer prevents this only once.
   *
   * @return whether this call has ended it
   */
  public synchronized boolean expire() {
    boolean isAnswered = answered;
    answered = false;
    return !isAnswered && end();
  }

  /** Closes everything the attempt has opened, after it has ended. Does not block. */
  public void close() {
    List<Closeable> left;
    synchronized (this) {
      left = List.copyOf(open);
      open.clear();
    }
    for (Closeable each : left) {
      try {
        each.close();
      } catch (IOException e) {
        // Closed as far as possible.
      }
    }
  }

  /**
   * Registers a resource to be closed when the attempt ends at its deadline.
   *
   * @return the number of registered resources
   * @throws AttemptTimeoutException if the attempt has ended; the resource is closed then
   */
  public int opened(Closeable something) throws IOException {
    synchronized (this) {
      if (!ended) {
        open.add(something);
        return open.size();
      }
    }
    something.close();
    throw new AttemptTimeoutException(timeout);
  }

  /** Unregisters a resource, which no longer belongs to the attempt. */
  public synchronized void released(Closeable something) {
    open.remove(something);
  }

  /**
   * Registers a socket that is being connected. The client itself does not close one at this stage,
   * and tries the next address if one is closed.
   */
  public void connects(Socket to) throws IOException {
    opened(to);
    socket = to;
  }

  /** Hands the connection over to the client, which closes it when its request is cancelled. */
  public synchronized void connected() throws AttemptTimeoutException {
    Socket last = socket;
    if (last != null) {
      socket = null;
      released(last);
    }
    // An earlier answer only asked for credentials.
    answered = false;
    if (ended) {
      throw new AttemptTimeoutException(timeout);
    }
  }

  public boolean hasEnded() {
    return ended;
  }

  /** Sets whether a reused connection is checked before use. */
  public void looks(boolean looks) {
    isLookedAt = looks;
  }

  public boolean isLookedAt() {
    return isLookedAt;
  }

  /** Sets the buffer from which the answer is read. */
  public void reads(SessionInputBuffer from) {
    received = from;
  }

  /** Returns whether there is data after the answer. */
  public boolean isFollowed() {
    SessionInputBuffer left = received;
    return left != null && left.length() > 0;
  }
}
