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
          "TLS could not be spoken: has the certificate expired, is its authority unknown here, or"
              + " is it of another name? “dromedary check” tells.";
      case "blocked" ->
          "The host stands for an address that webhooks may not be at. If it is a network of yours,"
              + " name it in webhooks.allow-private.";
      case "reset", "closed" ->
          "The receiver, or a proxy before it, ends connections without an answer: does it restart,"
              + " or does it have too many connections?";
      case "3xx" -> "Redirects are not followed: set the address that it redirects to.";
      case "408", "425" -> "The receiver wants the event later; it is sent again.";
      case "429" ->
          "The receiver wants fewer requests. Dromedary slows down by itself; webhooks.rate sets a"
              + " limit.";
      case "4xx" ->
          "The receiver refuses the events, and they are not sent again: look at its answer below."
              + " 401 or 403: was a secret or a header changed? 404: is the path right? Replay the"
              + " dead letters once that is mended.";
      case "5xx" -> "The receiver has failed; its own log says why. The events are sent again.";
      default -> "See the samples for what has failed.";
    };
  }
}
