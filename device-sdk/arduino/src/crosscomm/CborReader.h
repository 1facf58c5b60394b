#pragma once

#include "CborScanner.h"
#include "Types.h"

namespace crosscomm {

/** The place of a key among those of a shape, which are separated by commas; -1 where it is none of them. */
int placeInShape(const FlashText *keys, const char *key);
int placeInShape(const FlashText *keys, const FlashText *key);

/** A 16-bit and a 64-bit float as a 32-bit one; the latter rounded, and 0 where it is smaller than 1.2e-38. */
float floatFromHalf(uint16_t half);
float floatFromDouble(uint32_t high, uint32_t low);

/** The keys of the array that begins at `at`, as a shape says them; null where no array has any. */
struct ShapeInHand {
  const FlashText *keys;
  const uint8_t *at;
};

/** Texts that small integers stand for as keys of maps (section 7). */
struct Dictionary {
  constexpr Dictionary() : Dictionary(nullptr, 0) {}
  constexpr Dictionary(const char *const *keys, uint16_t count) : keys(keys), count(count) {}

  const char *const *keys;
  uint16_t count;
#ifndef __AVR__
  ShapeInHand shape = {nullptr, nullptr};
#endif
};

#ifdef __AVR__
/** On an AVR all objects of a program have the same one. */
extern Dictionary programDictionary;
extern ShapeInHand programShape;
#endif

enum class Type : uint8_t { None, Integer, Float, Text, Bytes, Bool, Null, Array, Map };

class Field;

/**
 * A value in a frame that was received: numbers, text, maps and what they contain. It points into the receive buffer,
 * so it is valid until the handler returns. A value that is not there has type None, and reads as 0, false and "".
 */
class Value {
 public:
#ifdef __AVR__
  Value() : at_(nullptr), end_(nullptr) {}
  Value(const uint8_t *at, const uint8_t *end, const Dictionary * = nullptr) : at_(at), end_(end) {}
#else
  Value() : at_(nullptr), end_(nullptr), dictionary_(nullptr) {}
  Value(const uint8_t *at, const uint8_t *end, const Dictionary *dictionary = nullptr)
      : at_(at), end_(end), dictionary_(dictionary) {}
#endif

  Type type() const;
  bool exists() const { return type() != Type::None; }
  bool isNull() const { return type() == Type::Null; }
  bool isNumber() const { return type() == Type::Integer || type() == Type::Float; }
  bool isText() const { return type() == Type::Text; }

  explicit operator bool() const { return toBool(); }
  /** As Serial.print shows it. */
  explicit operator String() const { return toString(); }
  String toString() const;
  size_t printTo(Print &out) const;
  /** For Serial.print. */
  operator Field() const;

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
  bool equals(const FlashText *text) const;
  bool equals(const char *text, size_t length) const;
  bool equals(const Value &other) const;
  /** Whether it is less than the number (-1), the same (0) or more (1); 2 where it is no number. */
  int8_t compare(int32_t number) const;
  int8_t compare(uint32_t number) const;
  int8_t compare(int64_t number) const;
  int8_t compare(uint64_t number) const;
  int8_t compare(double number) const;
  /** Copies a text, cut to fit, with a zero at the end. Returns how many bytes the whole text has. */
  size_t copyText(char *into, size_t room) const;

  /** The value of a map's key; an array's item, or a map's value, by its place from 0. None if there is none. */
  template <typename T>
  Field operator[](const T &key) const;
  CROSSCOMM_INLINE Value item(const char *key) const { return Value(find(key), end_, dictionary()); }
  Value item(const FlashText *key) const { return Value(find(key), end_, dictionary()); }
  CROSSCOMM_INLINE Value item(int place) const { return Value(find(place, false), end_, dictionary()); }
  template <typename T, typename EnableIf<IsString<T>::VALUE, int>::Type = 0>
  Value item(const T &key) const {
    return item(key.c_str());
  }
  /** The key of a map by its place: text, or an integer. */
  Value keyAt(int place) const;

  /** The item behind another one of the same array. */
  Value following(const Value &item) const { return Value(item.next(), end_, dictionary()); }
  const uint8_t *begin() const { return at_; }
  /** Where the next item begins. */
  const uint8_t *next() const;
  /** An unsigned integer of at most 32 bits, and nothing is converted. */
  uint32_t plainUnsigned(uint32_t otherwise) const;

 private:
  Scanner scanner() const { return Scanner(at_, end_); }
  /** `head`: the scanner that has just passed this value. */
  bool isKey(const Scanner &head, const char *key) const;
  // Where a part of it is; `end_` where there is none, which reads as None.
  const uint8_t *find(const char *key) const;
  const uint8_t *find(const FlashText *key) const;
  /** The same in an array, which has keys where it is what a message with a shape carries. */
  template <typename Key>
  const uint8_t *findInShape(Key key) const;
  const uint8_t *find(int place, bool key) const;
  /** A text inside of a map or an array has quotes. */
  size_t print(Print &out, bool isInside) const;
  size_t printInteger(Print &out) const;
  size_t printItems(Print &out) const;
  size_t printKey(Print &out) const;

  const uint8_t *at_;
  const uint8_t *end_;
#ifdef __AVR__
  static const Dictionary *dictionary() { return &programDictionary; }
  static ShapeInHand shape() { return programShape; }
#else
  const Dictionary *dictionary() const { return dictionary_; }
  ShapeInHand shape() const { return dictionary_ != nullptr ? dictionary_->shape : ShapeInHand{nullptr, nullptr}; }
  const Dictionary *dictionary_;
#endif
};

template <typename Key>
CROSSCOMM_INLINE const uint8_t *Value::findInShape(Key key) const {
  const ShapeInHand known = shape();
  return known.keys == nullptr || known.at != at_ ? end_ : find(placeInShape(known.keys, key), false);
}

}  // namespace crosscomm
