package io.dromedary.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.SSLContext;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;

/** A private certificate authority, made for one test run, and the servers it vouches for. */
public final class Certificates {

  /** The password of the trust store. */
  public static final String PASSWORD = "changeit";

  private final HeldCertificate authority;

  /** An authority of the tests. */
  public Certificates() {
    this("Test CA");
  }

  /** An authority of that name. */
  public Certificates(String name) {
    authority = new HeldCertificate.Builder().commonName(name).certificateAuthority(1).build();
  }

  /** A server that a client which trusts the authority accepts. */
  public Server good() {
    return new Server(local().signedBy(authority).build());
  }

  /** A server nobody vouches for but itself. */
  public Server selfSigned() {
    return new Server(local().build());
  }

  /** A server whose certificate ended yesterday. */
  public Server expired() {
    Instant end = Instant.now().minus(Duration.ofDays(1));
    Instant start = end.minus(Duration.ofDays(1));
    return new Server(
        local()
            .signedBy(authority)
            .validityInterval(start.toEpochMilli(), end.toEpochMilli())
            .build());
  }

  /** A server whose certificate ends so much later, having begun yesterday. */
  public Server endingIn(Duration left) {
    Instant now = Instant.now();
    return new Server(
        local()
            .signedBy(authority)
            .validityInterval(
                now.minus(Duration.ofDays(1)).toEpochMilli(), now.plus(left).toEpochMilli())
            .build());
  }

  /** A server whose certificate is for another host. */
  public Server wrongHost() {
    return new Server(
        new HeldCertificate.Builder()
            .addSubjectAlternativeName("other.example")
            .signedBy(authority)
            .build());
  }

  /** A server whose certificate begins tomorrow. */
  public Server notYetValid() {
    Instant start = Instant.now().plus(Duration.ofDays(1));
    return new Server(
        local()
            .signedBy(authority)
            .validityInterval(start.toEpochMilli(), start.plus(Duration.ofDays(1)).toEpochMilli())
            .build());
  }

  /** A server whose RSA key has so many bits. */
  public Server ofKeySize(int bits) throws GeneralSecurityException {
    KeyPairGenerator keys = KeyPairGenerator.getInstance("RSA");
    keys.initialize(bits);
    return new Server(local().keyPair(keys.generateKeyPair()).signedBy(authority).build());
  }

  /** A server whose intermediate authority the authority vouches for. */
  public Server behindAnIntermediate(boolean sendsIt) {
    HeldCertificate intermediate =
        new HeldCertificate.Builder()
            .commonName("Intermediate CA")
            .certificateAuthority(0)
            .signedBy(authority)
            .build();
    HeldCertificate own = local().signedBy(intermediate).build();
    return sendsIt ? new Server(own, intermediate.certificate()) : new Server(own);
  }

  /** A server that sends the certificate of its authority along. */
  public Server withItsAuthority() {
    return new Server(local().signedBy(authority).build(), authority.certificate());
  }

  private static HeldCertificate.Builder local() {
    return new HeldCertificate.Builder()
        .addSubjectAlternativeName("localhost")
        .addSubjectAlternativeName("127.0.0.1");
  }

  /** A PKCS12 store with the authority's certificate only. */
  public KeyStore trustStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("ca", authority.certificate());
    return store;
  }

  /** Writes the trust store into the directory, locked with {@link #PASSWORD}. */
  public Path trustStore(Path directory) throws GeneralSecurityException, IOException {
    Path file = directory.resolve("trust.p12");
    try (OutputStream out = Files.newOutputStream(file)) {
      trustStore().store(out, PASSWORD.toCharArray());
    }
    return file;
  }

  /** Writes a store with a client's certificate and its key, locked with {@link #PASSWORD}. */
  public Path clientStore(Path directory) throws GeneralSecurityException, IOException {
    HeldCertificate client =
        new HeldCertificate.Builder().commonName("client").signedBy(authority).build();
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "client",
        client.keyPair().getPrivate(),
        PASSWORD.toCharArray(),
        new Certificate[] {client.certificate(), authority.certificate()});
    Path file = directory.resolve("client.p12");
    try (OutputStream out = Files.newOutputStream(file)) {
      store.store(out, PASSWORD.toCharArray());
    }
    return file;
  }

  /** A context for a server that trusts the authority's clients. */
  public SSLContext serverContext() {
    return new HandshakeCertificates.Builder()
        .heldCertificate(local().signedBy(authority).build())
        .addTrustedCertificate(authority.certificate())
        .build()
        .sslContext();
  }

  /** A context for a server that has these names. */
  public SSLContext serverContext(String... names) {
    HeldCertificate.Builder certificate = new HeldCertificate.Builder().signedBy(authority);
    for (String name : names) {
      certificate.addSubjectAlternativeName(name);
    }
    return new HandshakeCertificates.Builder()
        .heldCertificate(certificate.build())
        .build()
        .sslContext();
  }

  /** A context for a client that trusts the authority and nobody else. */
  public SSLContext clientContext() {
    return new HandshakeCertificates.Builder()
        .addTrustedCertificate(authority.certificate())
        .build()
        .sslContext();
  }

  /** A server's certificate and its key, for {@link Receiver#startTls}. */
  public static final class Server {

    private final HeldCertificate certificate;
    private final X509Certificate[] intermediates;

    private Server(HeldCertificate certificate, X509Certificate... intermediates) {
      this.certificate = certificate;
      this.intermediates = intermediates;
    }

    /** When its certificate ends. */
    public Instant end() {
      return certificate.certificate().getNotAfter().toInstant();
    }

    SSLContext context() {
      return new HandshakeCertificates.Builder()
          .heldCertificate(certificate, intermediates)
          .build()
          .sslContext();
    }
  }
}
