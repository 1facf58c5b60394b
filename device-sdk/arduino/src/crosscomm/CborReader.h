#pragma once

#include "CborScanner.h"

namespace crosscomm {

/** A 16-bit and a 64-bit float as a 32-bit one; the latter rounded, and 0 where it is smaller than 1.2e-38. */
float floatFromHalf(uint16_t half);
float floatFromDouble(uint32_t high, uint32_t low);

/** Texts that small integers stand for as keys of maps (section 7). */
struct Dictionary {
  const char *const *keys;
  uint16_t count;
};

enum class Type : uint8_t { None, Integer, Float, Text, Bytes, Bool, Null, Array, Map };

/**
 * A value in a frame that was received: numbers, text, maps and what they contain. It points into the receive buffer,
 * so it is valid until the handler returns. A value that is not there has type None, and reads as 0, false and "".
 */
class Value {
 public:
  Value() : at_(nullptr), end_(nullptr), dictionary_(nullptr) {}
  Value(const uint8_t *at, const uint8_t *end, const Dictionary *dictionary = nullptr)
      : at_(at), end_(end), dictionary_(dictionary) {}

  Type type() const;
  bool exists() const { return type() != Type::None; }
  bool isNull() const { return type() == Type::Null; }
  bool isNumber() const { return type() == Type::Integer || type() == Type::Float; }
  bool isText() const { return type() == Type::Text; }

  /** Numbers convert into each other; true is 1. What is no number, or beyond the range, is `otherwise`. */
  long toInt(long otherwise = 0) const;
  uint32_t toUnsigned(uint32_t otherwise = 0) const;
  float toFloat(float otherwise = 0) const;
  double toDouble(double otherwise = 0) const;
  int64_t toInt64(int64_t otherwise = 0) const;
  uint64_t toUnsigned64(uint64_t otherwise = 0) const;
  /** true, any number but 0, and the texts "true", "on" and "1". */
  bool toBool() const;

  /** Bytes of a text or of bytes; items of an array, pairs of a map. */
  size_t size() const;
  /** The bytes of a text or of bytes, without a zero at the end; null if it is neither. */
  const uint8_t *data() const;
  bool equals(const char *text) const;
  /** Copies a text, cut to fit, with a zero at the end. Returns how many bytes the whole text has. */
  size_t copyText(char *into, size_t room) const;

  /** The value of a map's key; None if there is none. */
  Value operator[](const char *key) const;
  /** An array's item, or a map's value, by its place from 0. */
  Value operator[](int place) const;
  /** The key of a map by its place: text, or an integer. */
  Value keyAt(int place) const;

  /** The item behind another one of the same array. */
  Value following(const Value &item) const { return Value(item.next(), end_, dictionary_); }
  const uint8_t *begin() const { return at_; }
  /** Where the next item begins. */
  const uint8_t *next() const;

 private:
  Scanner scanner() const { return Scanner(at_, end_); }
  /** `head`: the scanner that has just passed this value. */
  bool isKey(const Scanner &head, const char *key) const;
  Value child(int place, bool key) const;

  const uint8_t *at_;
  const uint8_t *end_;
  const Dictionary *dictionary_;
};

}  // namespace crosscomm
