// What a sketch may write with a value that came: int x = message["a"], message["mode"] == "slow", "from " + message.from.
#pragma once

#include "CborReader.h"

namespace crosscomm {

/** How a value is read as a kind of number of a size. */
template <uint8_t kind, size_t size>
struct Reading;
template <size_t size>
struct Reading<NumberKind::Bool, size> {
  template <typename T>
  static T of(const Value &value) {
    return value.toBool();
  }
};
template <size_t size>
struct Reading<NumberKind::Float, size> {
  template <typename T>
  static T of(const Value &value) {
    return sizeof(T) > sizeof(float) ? static_cast<T>(value.toDouble()) : static_cast<T>(value.toFloat());
  }
};
template <size_t size>
struct Reading<NumberKind::Signed, size> {
  template <typename T>
  static T of(const Value &value) {
    const long number = value.toInt();
    return number == static_cast<long>(static_cast<T>(number)) ? static_cast<T>(number) : T();
  }
};
template <size_t size>
struct Reading<NumberKind::Unsigned, size> : Reading<NumberKind::Signed, size> {};
template <>
struct Reading<NumberKind::Unsigned, 4> {
  template <typename T>
  static T of(const Value &value) {
    return static_cast<T>(value.toUnsigned());
  }
};
template <>
struct Reading<NumberKind::Signed, 8> {
  template <typename T>
  static T of(const Value &value) {
    return static_cast<T>(value.toInt64());
  }
};
template <>
struct Reading<NumberKind::Unsigned, 8> {
  template <typename T>
  static T of(const Value &value) {
    return static_cast<T>(value.toUnsigned64());
  }
};

/**
 * A value with all that a sketch may do with it: it turns into the variable that it is given to, and Serial.print takes it.
 * A part of another value is always one.
 */
class Field : public Printable, public Value {
 public:
  CROSSCOMM_INLINE Field() {}

  /** As the variable is that it is given to. What is no number, or beyond the range, is 0. */
  template <typename T, typename EnableIf<IsNumber<T>::VALUE, int>::Type = 0>
  CROSSCOMM_INLINE operator T() const {
    return Reading<NumberType<T>::KIND, sizeof(T)>::template of<T>(lean());
  }
  CROSSCOMM_INLINE operator String() const { return toString(); }
  size_t printTo(Print &out) const override { return Value::printTo(out); }

  // On copies without the Printable: so the compiler sees that nobody prints it, and leaves that code out.
  CROSSCOMM_INLINE Type type() const { return lean().type(); }
  CROSSCOMM_INLINE bool exists() const { return lean().exists(); }
  CROSSCOMM_INLINE bool isNull() const { return lean().isNull(); }
  CROSSCOMM_INLINE bool isNumber() const { return lean().isNumber(); }
  CROSSCOMM_INLINE bool isText() const { return lean().isText(); }
  CROSSCOMM_INLINE long toInt(long otherwise = 0) const { return lean().toInt(otherwise); }
  CROSSCOMM_INLINE uint32_t toUnsigned(uint32_t otherwise = 0) const { return lean().toUnsigned(otherwise); }
  CROSSCOMM_INLINE float toFloat(float otherwise = 0) const { return lean().toFloat(otherwise); }
  CROSSCOMM_INLINE double toDouble(double otherwise = 0) const { return lean().toDouble(otherwise); }
  CROSSCOMM_INLINE int64_t toInt64(int64_t otherwise = 0) const { return lean().toInt64(otherwise); }
  CROSSCOMM_INLINE uint64_t toUnsigned64(uint64_t otherwise = 0) const { return lean().toUnsigned64(otherwise); }
  CROSSCOMM_INLINE bool toBool() const { return lean().toBool(); }
  CROSSCOMM_INLINE String toString() const { return lean().toString(); }
  CROSSCOMM_INLINE size_t size() const { return lean().size(); }
  const uint8_t *data() const { return lean().data(); }
  template <typename T>
  CROSSCOMM_INLINE bool equals(const T &other) const {
    return lean().equals(other);
  }
  CROSSCOMM_INLINE size_t copyText(char *into, size_t room) const { return lean().copyText(into, room); }
  CROSSCOMM_INLINE Value keyAt(int place) const { return lean().keyAt(place); }
  template <typename T>
  CROSSCOMM_INLINE Field operator[](const T &key) const {
    return lean()[key];
  }

 private:
  friend class Value;
  CROSSCOMM_INLINE Field(const Value &value, bool) : Value(value) {}
  CROSSCOMM_INLINE Value lean() const { return *this; }
};

/**
 * What the parts of a message are. On an AVR a Printable in each message would bring the code that prints values into every
 * sketch: there toInt() and its like read them, and only what is taken out of them by [] is a Field.
 */
#ifdef __AVR__
typedef Value Content;
#else
typedef Field Content;
#endif

template <typename T>
CROSSCOMM_INLINE Field Value::operator[](const T &key) const {
  return Field(item(key), true);
}
CROSSCOMM_INLINE Value::operator Field() const { return Field(*this, true); }

/** By which of Value's functions a number is compared. */
template <uint8_t kind, size_t size>
struct Comparable {
  typedef int32_t Type;
};
template <size_t size>
struct Comparable<NumberKind::Float, size> {
  typedef double Type;
};
template <>
struct Comparable<NumberKind::Unsigned, 4> {
  typedef uint32_t Type;
};
template <>
struct Comparable<NumberKind::Signed, 8> {
  typedef int64_t Type;
};
template <>
struct Comparable<NumberKind::Unsigned, 8> {
  typedef uint64_t Type;
};
/** Texts and characters have no order, so that only == and != take them. */
template <typename T>
struct IsPlainNumber {
  static const bool VALUE = IsInteger<T>::VALUE || IsFloat<T>::VALUE;
};

template <typename T>
int8_t compare(Value value, T number) {
  return value.compare(static_cast<typename Comparable<NumberType<T>::KIND, sizeof(T)>::Type>(number));
}

inline bool isEqual(Value value, const char *text) { return value.equals(text); }
inline bool isEqual(Value value, const FlashText *text) { return value.equals(text); }
inline bool isEqual(Value value, char character) { return value.equals(&character, 1); }
inline bool isEqual(Value value, bool is) { return value.toBool() == is; }
inline bool isEqual(Value value, Value other) { return value.equals(other); }
template <typename T, typename EnableIf<IsString<T>::VALUE, int>::Type = 0>
bool isEqual(Value value, const T &text) {
  return value.equals(text.c_str(), text.length());
}
template <typename T, typename EnableIf<IsPlainNumber<T>::VALUE, int>::Type = 0>
bool isEqual(Value value, T number) {
  return compare(value, number) == 0;
}

/** Whether == takes a type beside a value. */
template <typename T>
struct IsComparable {
  static const bool VALUE = IsNumber<T>::VALUE || IsString<T>::VALUE;
};
template <>
struct IsComparable<char> {
  static const bool VALUE = true;
};

template <typename T, typename EnableIf<IsComparable<T>::VALUE, int>::Type = 0>
bool operator==(Value value, const T &other) {
  return isEqual(value, other);
}
template <typename T, typename EnableIf<IsComparable<T>::VALUE, int>::Type = 0>
bool operator==(const T &other, Value value) {
  return isEqual(value, other);
}
template <typename T, typename EnableIf<IsComparable<T>::VALUE, int>::Type = 0>
bool operator!=(Value value, const T &other) {
  return !isEqual(value, other);
}
template <typename T, typename EnableIf<IsComparable<T>::VALUE, int>::Type = 0>
bool operator!=(const T &other, Value value) {
  return !isEqual(value, other);
}
inline bool operator==(Value value, const char *text) { return value.equals(text); }
inline bool operator==(const char *text, Value value) { return value.equals(text); }
inline bool operator!=(Value value, const char *text) { return !value.equals(text); }
inline bool operator!=(const char *text, Value value) { return !value.equals(text); }
inline bool operator==(Value value, const FlashText *text) { return value.equals(text); }
inline bool operator==(const FlashText *text, Value value) { return value.equals(text); }
inline bool operator!=(Value value, const FlashText *text) { return !value.equals(text); }
inline bool operator!=(const FlashText *text, Value value) { return !value.equals(text); }
inline bool operator==(Value value, Value other) { return value.equals(other); }
inline bool operator!=(Value value, Value other) { return !value.equals(other); }

#define CROSSCOMM_ORDER(op, reversed, holds)                                       \
  template <typename T, typename EnableIf<IsPlainNumber<T>::VALUE, int>::Type = 0> \
  bool operator op(Value value, T number) {                                        \
    const int8_t order = compare(value, number);                                   \
    return holds;                                                                  \
  }                                                                                \
  template <typename T, typename EnableIf<IsPlainNumber<T>::VALUE, int>::Type = 0> \
  bool operator reversed(T number, Value value) {                                  \
    return value op number;                                                        \
  }
CROSSCOMM_ORDER(<, >, order < 0)
CROSSCOMM_ORDER(>, <, order == 1)
CROSSCOMM_ORDER(<=, >=, order <= 0)
CROSSCOMM_ORDER(>=, <=, order == 0 || order == 1)
#undef CROSSCOMM_ORDER
inline bool operator<(Value value, Value other) { return value.toDouble() < other.toDouble(); }
inline bool operator>(Value value, Value other) { return other < value; }

/** With a float the result is one. With an integer it could be either, so the sketch has to say what is meant. */
template <typename T, bool isFloat>
struct Calculated {
  typedef T Type;
  static T from(Value value) { return Reading<NumberKind::Float, sizeof(T)>::template of<T>(value); }
};
template <typename T>
struct Calculated<T, false> {
  typedef T Type;
  static T from(const Value &) {
    static_assert(
        Never<T>::VALUE,
        "CrossComm: with a whole number say what the value is: message[\"a\"].toInt() + 1, or .toFloat() + 1.");
    return T();
  }
};
#define CROSSCOMM_CALCULATE(op)                                                        \
  template <typename T, typename EnableIf<IsPlainNumber<T>::VALUE, int>::Type = 0>     \
  typename Calculated<T, IsFloat<T>::VALUE>::Type operator op(Value value, T number) { \
    return Calculated<T, IsFloat<T>::VALUE>::from(value) op number;                    \
  }                                                                                    \
  template <typename T, typename EnableIf<IsPlainNumber<T>::VALUE, int>::Type = 0>     \
  typename Calculated<T, IsFloat<T>::VALUE>::Type operator op(T number, Value value) { \
    return number op Calculated<T, IsFloat<T>::VALUE>::from(value);                    \
  }
CROSSCOMM_CALCULATE(+)
CROSSCOMM_CALCULATE(-)
CROSSCOMM_CALCULATE(*)
CROSSCOMM_CALCULATE(/)
#undef CROSSCOMM_CALCULATE
template <typename T, typename EnableIf<IsInteger<T>::VALUE, int>::Type = 0>
long operator%(Value value, T number) {
  return value.toInt() % static_cast<long>(number);
}

/** What adding to a String makes on some cores, or a std::string. */
template <typename T>
struct IsOtherString {
  static const bool VALUE = IsString<T>::VALUE;
};
template <>
struct IsOtherString<String> {
  static const bool VALUE = false;
};

// For just these types, as some cores add anything to a String, and others what turns into one.
#define CROSSCOMM_ADD_TEXT(Type)                                                                                \
  inline String operator+(const char *text, const Type &value) { return String(text) + value.toString(); }      \
  inline String operator+(const FlashText *text, const Type &value) { return String(text) + value.toString(); } \
  inline String operator+(const String &text, const Type &value) { return text + value.toString(); }            \
  inline String operator+(String &&text, const Type &value) { return text + value.toString(); }                 \
  template <typename T, typename EnableIf<IsOtherString<T>::VALUE, int>::Type = 0>                              \
  String operator+(const T &text, const Type &value) {                                                          \
    return text + value.toString();                                                                             \
  }                                                                                                             \
  inline String operator+(const Type &value, const char *text) { return value.toString() + text; }              \
  inline String operator+(const Type &value, const FlashText *text) { return value.toString() + String(text); } \
  template <typename T, typename EnableIf<IsString<T>::VALUE, int>::Type = 0>                                   \
  String operator+(const Type &value, const T &text) {                                                          \
    return value.toString() + text;                                                                             \
  }                                                                                                             \
  inline String &operator+=(String &text, const Type &value) {                                                  \
    text += value.toString();                                                                                   \
    return text;                                                                                                \
  }
CROSSCOMM_ADD_TEXT(Value)
CROSSCOMM_ADD_TEXT(Field)
#undef CROSSCOMM_ADD_TEXT

}  // namespace crosscomm
