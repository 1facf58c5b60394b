#pragma once

#include "NameArgument.h"
#include "Result.h"
#include "Sent.h"

namespace crosscomm {

class Core;

/** A value of a shape while it is sent: what it is, and what writes it. */
struct ShapedValue {
  void (*write)(CborWriter &writer, const void *value);
  const void *value;
};

/** A value that lives as long as it is sent. */
template <typename T>
struct Shaped {
  typename Sent<T>::Kept kept;
  ShapedValue part() const { return ShapedValue{Sent<T>::write, &kept}; }
};

/**
 * The keys of the maps that a channel carries, by which they go without them: section 7 of the protocol. Each value is as in
 * Builder::add(), in the order of the keys; keys at the end may be left out.
 *
 *     CrossCommShape reading("lab/room1");
 *     void setup() { ... cc.shape(reading, F("temperature,humidity")); }
 *     void loop() { cc.loop(); ... reading.send(21.5, 43); }
 */
class Shape {
 public:
  /** The channel is kept as a pointer. */
  explicit Shape(KeptName channel) : channel_(channel.text()) {}

  /** At most once, and at least once, as Core's. */
  template <typename... T>
  Result send(T... values) {
    return give(Shaped<T>{Sent<T>::keep(values)}...);
  }
  template <typename... T>
  Result deliver(T... values) {
    return giveKept(Shaped<T>{Sent<T>::keep(values)}...);
  }

 private:
  friend class Core;

  template <typename... T>
  Result give(const Shaped<T> &...values) {
    const ShapedValue parts[] = {values.part()...};
    return sendParts(parts, sizeof...(T));
  }
  template <typename... T>
  Result giveKept(const Shaped<T> &...values) {
    const ShapedValue parts[] = {values.part()...};
    return deliverParts(parts, sizeof...(T));
  }
  Result sendParts(const ShapedValue *parts, uint8_t count) const;
  Result deliverParts(const ShapedValue *parts, uint8_t count) const;
  uint8_t keyCount() const;

  const char *channel_;
  const FlashText *keys_ = nullptr;
  Core *core_ = nullptr;
  Shape *next_ = nullptr;
  /** The gateway has said that it takes the shape, and that it does not. */
  bool isTaken_ = false;
  bool isRefused_ = false;
};

/** A message of a shape while it is sent. */
struct ShapedMessage {
  const Shape *shape;
  const ShapedValue *parts;
  uint8_t count;
};

}  // namespace crosscomm
