package io.dromedary.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The sum of all shares fits into the heap. */
class HeapShareTest {

  @ParameterizedTest
  @ValueSource(longs = {128, 192, 256, 512, 1024, 2048, 4096, 8192})
  void allBoundsTogetherFitIntoTheHeap(long mebibytes) {
    long heap = mebibytes << 20;
    long shares = Arrays.stream(HeapShare.values()).mapToLong(share -> share.bytes(heap)).sum();
    assertThat(shares + HeapShare.APPLICATION_BYTES + HeapShare.REQUEST_BIN_BYTES).isLessThan(heap);
  }
}
