package io.dromedary.alert;

/** What an alert tells. */
public enum AlertKind {
  /** A webhook is down, and has been for {@code webhooks.alert.after}. */
  WEBHOOK_FAILING("webhook.failing"),
  /** A webhook that was told to be failing accepts events again. */
  WEBHOOK_RECOVERED("webhook.recovered"),
  /** A webhook goes down and up: nothing more is told of it until that is over. */
  WEBHOOK_FLAPPING("webhook.flapping"),
  /** The oldest event of a destination has used up half, or most, of its retry window. */
  DELIVERY_LATE("delivery.late"),
  /** Events were given up. */
  DEAD_LETTERS_NEW("dead-letters.new"),
  /** The store does not work: senders are refused. */
  STORE_FAILING("store.failing"),
  /** The store works again. */
  STORE_RECOVERED("store.recovered"),
  /** The certificate of a webhook is about to expire. */
  CERTIFICATE_EXPIRING("certificate.expiring"),
  /** A replay that an operator has asked for has come to its end. */
  REPLAY_FINISHED("replay.finished");

  private final String label;

  AlertKind(String label) {
    this.label = label;
  }

  /** Its name in metrics, and behind {@code dromedary.} the type of the alert. */
  public String label() {
    return label;
  }
}
