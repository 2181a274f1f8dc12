package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dromedary.app.PackagedApplication;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InvalidClassException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import javax.management.ObjectName;
import org.apache.camel.RuntimeCamelException;
import org.junit.jupiter.api.Test;

/** The objects that the packaged application deserializes, with any library. */
class ReadObjectsTest {

  private static Object read(Serializable object) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(object);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      in.setObjectInputFilter(PackagedApplication.ONLY_THE_JVMS);
      return in.readObject();
    }
  }

  @Test
  void thoseOfTheJvmAreRead() throws Exception {
    assertThat(read(new ArrayList<>(List.of("a", 1L)))).isEqualTo(List.of("a", 1L));
    assertThat(read(new ObjectName("a:b=c"))).isEqualTo(new ObjectName("a:b=c"));
  }

  @Test
  void thoseOfLibrariesAreNot() {
    assertThatThrownBy(() -> read(new ArrayList<>(List.of(new RuntimeCamelException("a")))))
        .isInstanceOf(InvalidClassException.class);
  }
}
