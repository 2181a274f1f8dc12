package io.dromedary.page;

/** Advises an operator on failed attempts, by their class. */
final class Advice {

  private Advice() {}

  /** The advice: one sentence or a few. */
  static String of(String attemptClass) {
    return switch (attemptClass) {
      case "timeout" ->
          "No complete answer within webhooks.timeout. Is the receiver slow, or does it answer only"
              + " after its work is done? It should answer first.";
      case "refused" -> "Nothing listens at that host and port, or there is no route to it.";
      case "dns" -> "The host has no address: is it misspelt, or is the name server down?";
      case "tls" ->
          "The TLS handshake failed. Has the certificate expired, is its authority not trusted here,"
              + " or is it for another host? “dromedary check” says which.";
      case "blocked" ->
          "The host has an address that is not allowed. If it is in a network of yours, list that"
              + " network in webhooks.allow-private.";
      case "reset", "closed" ->
          "The receiver, or a proxy in front of it, closes connections without an answer. Does it"
              + " restart, or does it have too many connections?";
      case "3xx" -> "Redirects are not followed: set the address that it redirects to.";
      case "408", "425" -> "The receiver wants the event later, and it is retried.";
      case "429" ->
          "The receiver wants fewer requests. Dromedary slows down by itself; webhooks.rate sets a"
              + " limit.";
      case "4xx" ->
          "The receiver rejects the events, and they are not retried: look at its answer below."
              + " 401 or 403: was a secret or a header changed? 404: is the path right? Replay the"
              + " dead letters once that is fixed.";
      case "5xx" -> "The receiver failed; its own log says why. The events are retried.";
      default -> "The samples show what failed.";
    };
  }
}
