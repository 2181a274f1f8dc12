package io.dromedary.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentEncodingTest {

  private static final int MOST = 10_000;

  private static byte[] unzip(byte[] body) throws IOException {
    return ContentEncoding.decode(body, "gzip", MOST);
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static byte[] members(int count) {
    byte[][] members = new byte[count][];
    Arrays.fill(members, Encoding.GZIP.of("x"));
    return join(members);
  }

  @Test
  void gzipMayHaveSeveralMembers() throws Exception {
    assertThat(unzip(members(ContentEncoding.MOST_MEMBERS)))
        .asString(UTF_8)
        .isEqualTo("x".repeat(ContentEncoding.MOST_MEMBERS));
  }

  @ParameterizedTest
  @ValueSource(ints = {ContentEncoding.MOST_MEMBERS + 1, 50_000})
  void gzipOfTooManyMembersIsRefused(int count) {
    assertThatThrownBy(() -> unzip(members(count)))
        .isInstanceOf(ZipException.class)
        .hasMessage("more than 100 members");
  }

  @Test
  void whatIsBehindGzipIsPadding() throws Exception {
    assertThat(unzip(join(Encoding.GZIP.of("text"), new byte[600]))).asString().isEqualTo("text");
  }

  @ParameterizedTest
  @ValueSource(ints = {MOST, MOST + 1, 100 * MOST})
  void textHasABound(int length) throws Exception {
    for (Encoding encoding : Encoding.values()) {
      byte[] body = encoding.of("x".repeat(length));
      String name = encoding == Encoding.PLAIN ? "identity" : encoding.name();
      if (length <= MOST) {
        assertThat(ContentEncoding.decode(body, name, MOST)).hasSize(length);
      } else {
        assertThatThrownBy(() -> ContentEncoding.decode(body, name, MOST))
            .isInstanceOf(ContentEncoding.TooLongException.class);
      }
    }
  }

  /** All optional fields of a header: extra, name, comment and its checksum. */
  @Test
  void gzipMayHaveAnyHeader() throws Exception {
    byte[] plain = Encoding.GZIP.of("text");
    byte[] header = Arrays.copyOf(plain, 10);
    header[3] = 2 + 4 + 8 + 16;
    byte[] fields =
        join(new byte[] {3, 0, 9, 9, 9}, "name\0".getBytes(UTF_8), new byte[] {0, 7, 7});
    byte[] body = join(header, fields, Arrays.copyOfRange(plain, 10, plain.length));

    assertThat(unzip(body)).asString().isEqualTo("text");
    for (int cut = 0; cut < body.length; cut++) {
      byte[] part = Arrays.copyOf(body, cut);
      assertThatThrownBy(() -> unzip(part)).isInstanceOfAny(EOFException.class, ZipException.class);
    }
  }

  /** Whatever is done to a body, Java's own reader of gzip is of the same opinion. */
  @Test
  void brokenGzipIsRefusedAsByJava() {
    Random random = new Random(14);
    byte[] first = Encoding.GZIP.of("first ".repeat(20));
    byte[] good = join(first, Encoding.GZIP.of("second"));
    for (int i = 0; i < 5_000; i++) {
      byte[] body = good.clone();
      int changed = random.nextInt(good.length);
      // Java is more patient with the header of a second member: it ignores one that is broken.
      if (changed < first.length || changed >= first.length + 10) {
        body[changed] ^= (byte) (1 << random.nextInt(8));
      }
      body = random.nextBoolean() ? body : Arrays.copyOf(body, random.nextInt(first.length));
      assertThat(orNull(body)).isEqualTo(orNullOfJava(body));
    }
  }

  private static byte @Nullable [] orNull(byte[] body) {
    try {
      return unzip(body);
    } catch (IOException e) {
      return null;
    }
  }

  private static byte @Nullable [] orNullOfJava(byte[] body) {
    try {
      return new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
    } catch (IOException e) {
      return null;
    }
  }
}
