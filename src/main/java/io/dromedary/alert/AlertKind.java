package io.dromedary.alert;

/** The kind of an alert. */
enum AlertKind {
  /** A webhook has been down for {@code webhooks.alert.after}. */
  WEBHOOK_FAILING("webhook.failing"),
  /** A webhook that was reported as failing accepts events again. */
  WEBHOOK_RECOVERED("webhook.recovered"),
  /** A webhook goes down and up again and again. No more alerts about it until it is stable. */
  WEBHOOK_FLAPPING("webhook.flapping"),
  /** The oldest event of a destination has used up half, or most, of its retry window. */
  DELIVERY_LATE("delivery.late"),
  /** Events were given up. */
  DEAD_LETTERS_NEW("dead-letters.new"),
  /** The store does not work, and senders are refused. */
  STORE_FAILING("store.failing"),
  /** The store works again. */
  STORE_RECOVERED("store.recovered"),
  /** The certificate of a webhook is about to expire. */
  CERTIFICATE_EXPIRING("certificate.expiring"),
  /** A replay has finished. */
  REPLAY_FINISHED("replay.finished");

  private final String label;

  AlertKind(String label) {
    this.label = label;
  }

  /** Its name in metrics. With the prefix {@code dromedary.} it is the type of the alert. */
  public String label() {
    return label;
  }
}
