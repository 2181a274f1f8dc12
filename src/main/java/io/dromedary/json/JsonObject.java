package io.dromedary.json;

import org.jspecify.annotations.Nullable;

/**
 * The members of a JSON object, always in the order of {@code JSON.stringify}. Members that are put
 * are appended to the reader's buffer. Not thread-safe. Two objects of the same reader must not be
 * used concurrently, either.
 */
public final class JsonObject {
  private final JsonBuffer buffer;
  private final Members members;

  JsonObject(JsonBuffer buffer, Members members) {
    this.buffer = buffer;
    this.members = members;
  }

  public int size() {
    return members.size;
  }

  /** Returns a member's value, or null if there is no such member. JSON's null is a value. */
  public @Nullable JsonValue get(String name) {
    int member = find(name);
    return member < 0
        ? null
        : new JsonValue(buffer, members.colon(member) + 1, members.end(member));
  }

  /**
   * Sets a member. An existing member keeps its place. A new one is added at the end, or in order
   * if its name is an array index.
   */
  public void put(String name, JsonValue value) {
    int member = find(name);
    int start = buffer.length;
    JsonString.append(name, buffer);
    int colon = buffer.length;
    buffer.append(':');
    buffer.append(value.buffer.bytes, value.from, value.to);
    members.add(start, colon, buffer.length);
    if (member >= 0) {
      members.move(--members.size, member);
    } else {
      members.arrange(0, false);
    }
  }

  /** Removes a member if there is one with that name. */
  public void remove(String name) {
    int member = find(name);
    if (member >= 0) {
      members.remove(member);
    }
  }

  /** Adds the members of another object that this one lacks. */
  public void addAllAbsent(JsonObject other) {
    Members added = other.members;
    for (int i = 0, count = added.size; i < count; i++) {
      int start = buffer.length;
      int colon = start + added.colon(i) - added.start(i);
      buffer.append(other.buffer.bytes, added.start(i), added.end(i));
      members.add(start, colon, buffer.length);
    }
    members.arrange(0, true);
  }

  /** Returns a mark for {@link #reset}. */
  public int mark() {
    return buffer.length;
  }

  /**
   * Frees the memory of what has been put into objects of this reader since a mark. None of them
   * may be used afterwards, nor any value that was read or made of one since.
   */
  public void reset(int mark) {
    buffer.length = mark;
  }

  /** The number of bytes of {@link #toBytes()}. */
  public int length() {
    return members.length(0) + 2;
  }

  public byte[] toBytes() {
    byte[] bytes = new byte[length()];
    bytes[0] = '{';
    members.write(0, bytes, 1);
    bytes[bytes.length - 1] = '}';
    return bytes;
  }

  /** Returns the current state of this object as a value, which can be put into another object. */
  public JsonValue toValue() {
    int from = buffer.length;
    buffer.append(toBytes(), 0, length());
    return new JsonValue(buffer, from, buffer.length);
  }

  private int find(String name) {
    for (int i = 0; i < members.size; i++) {
      if (JsonString.equals(buffer.bytes, members.start(i), members.colon(i), name)) {
        return i;
      }
    }
    return -1;
  }
}
