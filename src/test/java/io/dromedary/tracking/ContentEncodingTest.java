package io.dromedary.tracking;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dromedary.testing.ClassPath;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.UnsupportedEncodingException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
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
      String name = encoding.header();
      if (length <= MOST) {
        assertThat(ContentEncoding.decode(body, name, MOST)).hasSize(length);
      } else {
        assertThatThrownBy(() -> ContentEncoding.decode(body, name, MOST))
            .isInstanceOf(ContentEncoding.TooLongException.class);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Encoding.class,
      names = {"DEFLATE", "RAW_DEFLATE", "ZSTD"})
  void aBodyThatIsCutOrAnotherIsRefused(Encoding encoding) {
    byte[] body = encoding.of("text ".repeat(100));
    for (int cut = 1; cut < body.length; cut++) {
      byte[] part = Arrays.copyOf(body, cut);
      assertThatThrownBy(() -> ContentEncoding.decode(part, encoding.header(), MOST))
          .as("the first %s bytes", cut)
          .isInstanceOfAny(EOFException.class, ZipException.class);
    }
    assertThatThrownBy(
            () -> ContentEncoding.decode("text".getBytes(UTF_8), encoding.header(), MOST))
        .isInstanceOfAny(EOFException.class, ZipException.class);
  }

  @Test
  void zstdMayHaveSeveralFrames() throws Exception {
    byte[] body = join(Encoding.ZSTD.of("one "), Encoding.ZSTD.of("two"));

    assertThat(ContentEncoding.decode(body, "zstd", MOST)).asString().isEqualTo("one two");
  }

  /** A few bytes that declare a window and a content of 128 MiB. */
  @Test
  void zstdGetsNoMemoryForWhatItSays() {
    byte[] header = {
      0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, (byte) 0x80, (byte) (17 << 3), 0, 0, 0, 8
    };

    assertThatThrownBy(() -> ContentEncoding.decode(header, "zstd", MOST))
        .isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"br", "compress", "gzip, gzip", "aws-chunked"})
  void otherEncodingsAreRefused(String encoding) {
    assertThatThrownBy(() -> ContentEncoding.decode(new byte[1], encoding, MOST))
        .isInstanceOf(UnsupportedEncodingException.class)
        .hasMessage("expected the Content-Encoding gzip, deflate, zstd or identity, found another");
  }

  /** Some hosts do not have the library. */
  @Test
  void withoutItsLibraryZstdIsRefusedAsOthersAre() throws Exception {
    List<URL> others = new ArrayList<>();
    for (String each : ClassPath.ofTests().split(File.pathSeparator, -1)) {
      if (!each.contains("zstd-jni")) {
        others.add(Path.of(each).toUri().toURL());
      }
    }
    try (URLClassLoader host =
        new URLClassLoader(others.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      Method decode =
          host.loadClass(ContentEncoding.class.getName())
              .getDeclaredMethod("decode", byte[].class, String.class, int.class);
      decode.setAccessible(true);

      assertThat((byte[]) decode.invoke(null, Encoding.GZIP.of("text"), "gzip", MOST))
          .asString()
          .isEqualTo("text");
      for (String encoding : List.of("zstd", "br")) {
        assertThatThrownBy(() -> decode.invoke(null, new byte[1], encoding, MOST))
            .cause()
            .isInstanceOf(UnsupportedEncodingException.class)
            .hasMessage("expected the Content-Encoding gzip, deflate or identity, found another");
      }
    }
  }

  /** The header has all optional fields: extra, name, comment and checksum. */
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

  /** However a body is damaged, the result is the same as that of Java's own gzip reader. */
  @Test
  void brokenGzipIsRefusedAsByJava() {
    Random random = new Random(14);
    byte[] first = Encoding.GZIP.of("first ".repeat(20));
    byte[] good = join(first, Encoding.GZIP.of("second"));
    for (int i = 0; i < 5_000; i++) {
      byte[] body = good.clone();
      int changed = random.nextInt(good.length);
      // The header of the second member is left intact, since Java ignores a broken one.
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
