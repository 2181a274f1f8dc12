package io.dromedary.json;

import org.jspecify.annotations.Nullable;

/**
 * The members of an object, in the order of {@code JSON.stringify} whatever is changed. What is put
 * is appended to the buffer of the reader. Not thread-safe, and neither are two objects of one
 * reader.
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

  /** The value of a member; null if there is none. A member that is {@code null} has a value. */
  public @Nullable JsonValue get(String name) {
    int member = find(name);
    return member < 0
        ? null
        : new JsonValue(buffer, members.colon(member) + 1, members.end(member));
  }

  /** Sets a member: in its place if it is there, otherwise at the end, or in order as an index. */
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

  /** Removes a member, if it is there. */
  public void remove(String name) {
    int member = find(name);
    if (member >= 0) {
      members.remove(member);
    }
  }

  /** Adds those members of another object that this one has not. */
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

  /** How many bytes {@link #toBytes()} has. */
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

  /** This object as it is now, as a value to put into another. */
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
