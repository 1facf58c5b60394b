#pragma once

#include "NameArgument.h"
#include "Result.h"
#include "Sent.h"

namespace crosscomm {

class Core;

/** How many maps and arrays a message may have open at the same time. */
const uint8_t MAX_OPEN = 4;

/**
 * A message while it is made, in the free part of the outbox. One at a time: when another is begun, or loop() runs,
 * before this one is sent, sending it says Interrupted. field() makes the message a map; without it the first add()
 * is all there is. Maps and arrays that are still open are closed by sending.
 *
 *     cc.message("lab/room1").field("temperature", 21.5).field("humidity", 43).send();
 */
class Builder {
 public:
  /** A field of a map: its key, and a bool, any kind of number, or a text: see add(). */
  template <typename T>
  Scalar<T, Builder &> field(Name name, T value) {
    return key(name).add(value);
  }
  template <typename T>
  Object<T, Builder &> field(Name name, const T &value) {
    return key(name).add(value);
  }
  template <typename T>
  Builder &field(Name name, const T *items, size_t length) {
    return key(name).add(items, length);
  }
  template <typename T>
  Digits<T, Builder &> field(Name name, T value, int) {
    return field(name, value);
  }
  /** The same with a key in flash. */
  template <typename T>
  Scalar<T, Builder &> field(const FlashText *name, T value) {
    return key(name).add(value);
  }
  template <typename T>
  Object<T, Builder &> field(const FlashText *name, const T &value) {
    return key(name).add(value);
  }
  template <typename T>
  Builder &field(const FlashText *name, const T *items, size_t length) {
    return key(name).add(items, length);
  }
  /** The key of the next value of a map. */
  Builder &key(Name name) { return takeKey(name.text()); }
  Builder &key(const FlashText *name);

  /**
   * A bool, any kind of number, or a text: a char, a char * or a String, a text in flash, an IPAddress. A variable, or what
   * came in a message, is sent as what it is.
   */
  template <typename T>
  Scalar<T, Builder &> add(T value) {
    const typename Sent<T>::Kept kept = Sent<T>::keep(value);
    if (takeValue()) Sent<T>::write(writer_, &kept);
    return *this;
  }
  template <typename T>
  Object<T, Builder &> add(const T &value) {
    const typename Sent<T>::Kept kept = Sent<T>::keep(value);
    if (takeValue()) Sent<T>::write(writer_, &kept);
    return *this;
  }
  /** Bytes, or a text, of that length. */
  template <typename T>
  Builder &add(const T *items, size_t length) {
    const Piece piece = {items, length};
    if (takeValue()) SentPiece<T>::write(writer_, &piece);
    return *this;
  }
  Builder &addNull();
  Builder &addBytes(const uint8_t *bytes, size_t length);
  Builder &beginMap() { return open(0xA0); }
  Builder &beginArray() { return open(0x80); }
  /** Closes the map or array that was opened last. */
  Builder &end();

  /** At most once: sends it now, by this link, or not at all. */
  Result send();
  /** At least once, and taken once: keeps it until the gateway has it, over lost links and its restarts. */
  Result deliver();

  /** How many bytes the frame has so far, or would have where it does not fit. */
  size_t length() const { return writer_.length(); }

 private:
  friend class Core;
  Builder(Core *core, uint8_t *buffer, size_t room, Result result);
  Builder &open(uint8_t head);
  Builder &takeKey(const char *name);
  bool takeValue();
  /** Closes what is open, and says whether there is a whole frame now. */
  Result finish();
  static void write(Core &core, CborWriter &writer, const void *builder);

  Core *core_;
  uint8_t *buffer_;
  size_t room_;
  CborWriter writer_;
  size_t heads_[MAX_OPEN];
  /** Items of each level; keys count too. Level 0 is the frame's value. */
  uint16_t items_[MAX_OPEN + 1];
  uint8_t level_ = 0;
  uint8_t maps_ = 0;
  uint8_t generation_ = 0;
  Result result_;
};

}  // namespace crosscomm
