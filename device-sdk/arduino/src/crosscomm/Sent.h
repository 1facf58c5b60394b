// How a value of each type is sent, and what is said of the types that cannot be.
#pragma once

#include "CborWriter.h"
#include "ValueOperators.h"
#include "Variable.h"

namespace crosscomm {

enum class SentAs : uint8_t {
  Number,
  Character,
  Text,
  Flash,
  Enum,
  Variable,
  Value,
  String,
  Printable,
  // What is refused, each with a message of its own.
  Nothing,
  Bytes,
  Function,
  Pointer,
  EnumClass,
  Unknown,
};

template <typename T, bool isEnum = __is_enum(T)>
class IsEnumClass {
  static T give();
  static char test(int);
  static long test(...);

 public:
  static const bool VALUE = sizeof(test(give())) != 1;
};
template <typename T>
class IsEnumClass<T, false> {
 public:
  static const bool VALUE = false;
};

template <typename T>
struct IsByte {
  static const bool VALUE = false;
};
template <>
struct IsByte<unsigned char> {
  static const bool VALUE = true;
};
template <>
struct IsByte<signed char> {
  static const bool VALUE = true;
};

template <typename T>
struct SentScalar {
  static const SentAs AS = IsNumber<T>::VALUE      ? SentAs::Number
                           : IsEnumClass<T>::VALUE ? SentAs::EnumClass
                           : __is_enum(T)          ? SentAs::Enum
                                                   : SentAs::Unknown;
};
template <>
struct SentScalar<char> {
  static const SentAs AS = SentAs::Character;
};
template <>
struct SentScalar<decltype(nullptr)> {
  static const SentAs AS = SentAs::Nothing;
};
template <typename T>
struct SentPointer {
  static const SentAs AS = IsByte<T>::VALUE ? SentAs::Bytes : SentAs::Pointer;
};
template <>
struct SentPointer<char> {
  static const SentAs AS = SentAs::Text;
};
template <>
struct SentPointer<FlashText> {
  static const SentAs AS = SentAs::Flash;
};
template <typename T>
struct SentScalar<T *> : SentPointer<T> {};
template <typename T>
struct SentScalar<const T *> : SentPointer<T> {};
template <typename R, typename... A>
struct SentScalar<R (*)(A...)> {
  static const SentAs AS = SentAs::Function;
};
#ifdef __cpp_noexcept_function_type
template <typename R, typename... A>
struct SentScalar<R (*)(A...) noexcept> {
  static const SentAs AS = SentAs::Function;
};
#endif

/** The order matters: a variable turns into a number, an IPAddress too, and a value can be printed. */
template <typename T, bool isClass = IsClass<T>::VALUE>
struct SentType : SentScalar<T> {};
template <typename T>
struct SentType<T, true> {
  static const SentAs AS = __is_base_of(Variable, T)    ? SentAs::Variable
                           : __is_base_of(Value, T)     ? SentAs::Value
                           : IsString<T>::VALUE         ? SentAs::String
                           : __is_base_of(Printable, T) ? SentAs::Printable
                                                        : SentAs::Unknown;
};

/** What of a value is kept until it is written: keep(), and write(). */
template <typename T, SentAs as = SentType<T>::AS>
struct Sent {
  static_assert(as != SentAs::Nothing, "CrossComm: null is sent by cc.message(channel).addNull().send().");
  static_assert(
      as != SentAs::Bytes,
      "CrossComm: bytes are sent with their length: cc.send(channel, bytes, sizeof bytes), field(name, bytes, "
      "sizeof bytes) or add(bytes, sizeof bytes). A text is a char array.");
  static_assert(as != SentAs::Function, "CrossComm: this is a function, not a value. Call it: readTemperature().");
  static_assert(
      as != SentAs::Pointer,
      "CrossComm: a pointer cannot be sent. Send what it points to, as *pointer; a list of numbers is sent by "
      "cc.message(channel).beginArray().add(first).add(second).send().");
  static_assert(as != SentAs::EnumClass, "CrossComm: of an enum class send the number: static_cast<int>(value).");
  static_assert(
      as != SentAs::Unknown,
      "CrossComm: this type cannot be sent. Send a bool, a number, a text (String, char *, F()), or the fields of a "
      "struct: cc.message(channel).field(name, value).send(). Of a message, send message.value.");
  typedef bool Kept;
  static Kept keep(const T &) { return false; }
  static void write(CborWriter &, const void *) {}
};

template <typename T>
struct Sent<T, SentAs::Number> {
  typedef T Kept;
  static Kept keep(T value) { return value; }
  static void write(CborWriter &writer, const void *kept) { writer.value(*static_cast<const T *>(kept)); }
};
template <>
struct Sent<long double, SentAs::Number> : Sent<double, SentAs::Number> {
  static double keep(long double value) { return static_cast<double>(value); }
};

template <typename T>
struct Sent<T, SentAs::Enum> : Sent<int> {
  static int keep(T value) { return static_cast<int>(value); }
};

template <typename T>
struct Sent<T, SentAs::Character> {
  typedef char Kept;
  static Kept keep(char value) { return value; }
  static void write(CborWriter &writer, const void *kept) { writer.character(*static_cast<const char *>(kept)); }
};

template <typename T>
struct Sent<T, SentAs::Text> {
  typedef const char *Kept;
  static Kept keep(const char *value) { return value; }
  static void write(CborWriter &writer, const void *kept) { writer.value(*static_cast<const char *const *>(kept)); }
};

template <typename T>
struct Sent<T, SentAs::Flash> {
  typedef const FlashText *Kept;
  static Kept keep(const FlashText *value) { return value; }
  static void write(CborWriter &writer, const void *kept) { writer.text(*static_cast<const FlashText *const *>(kept)); }
};

template <typename T>
struct Sent<T, SentAs::Variable> : Sent<decltype(static_cast<const T *>(nullptr)->get())> {
  static decltype(static_cast<const T *>(nullptr)->get()) keep(const T &variable) { return variable.get(); }
};

/** Bytes, or a text, of a length. */
struct Piece {
  const void *at;
  size_t length;

  static void writeText(CborWriter &writer, const void *piece) {
    const Piece &text = *static_cast<const Piece *>(piece);
    writer.text(static_cast<const char *>(text.at), text.length);
  }
  static void writeBytes(CborWriter &writer, const void *piece) {
    const Piece &bytes = *static_cast<const Piece *>(piece);
    writer.bytes(static_cast<const uint8_t *>(bytes.at), bytes.length);
  }
};

template <typename T>
struct Sent<T, SentAs::String> {
  typedef Piece Kept;
  static Kept keep(const T &text) { return Piece{text.c_str(), text.length()}; }
  static void write(CborWriter &writer, const void *kept) { Piece::writeText(writer, kept); }
};

template <typename T>
struct Sent<T, SentAs::Value> {
  typedef Value Kept;
  static Kept keep(const Value &value) { return value; }
  static void write(CborWriter &writer, const void *kept) { writer.item(*static_cast<const Value *>(kept)); }
};

/** As text, of what Serial.print takes. */
template <typename T>
struct Printed {
  typedef const T *Kept;
  static Kept keep(const T &thing) { return &thing; }
  static void write(CborWriter &writer, const void *kept) { writer.printed(print, *static_cast<const Kept *>(kept)); }

 private:
  static void print(Print &out, const void *thing) { out.print(*static_cast<const T *>(thing)); }
};
template <typename T>
struct Sent<T, SentAs::Printable> : Printed<T> {};

/** How a line for the log is sent, which is always a text. */
template <typename T, SentAs as = SentType<T>::AS>
struct SentLine : Sent<T, as> {};
template <typename T>
struct SentLine<T, SentAs::Number> : Printed<T> {};
template <typename T>
struct SentLine<T, SentAs::Value> {
  typedef Value Kept;
  static Kept keep(const Value &value) { return value; }
  static void write(CborWriter &writer, const void *kept) { writer.printed(print, kept); }

 private:
  static void print(Print &out, const void *value) { static_cast<const Value *>(value)->printTo(out); }
};

/** Items in memory, of which there are `length`. */
template <typename T>
struct SentPiece {
  static_assert(IsByte<T>::VALUE || SentPointer<T>::AS == SentAs::Text,
                "CrossComm: with a length only bytes (uint8_t) and texts (char) are sent. A list of numbers is sent by "
                "cc.message(channel).beginArray().add(first).add(second).send().");
  static void write(CborWriter &writer, const void *piece) {
    if (IsByte<T>::VALUE) Piece::writeBytes(writer, piece);
    else Piece::writeText(writer, piece);
  }
};

/** Where something stands behind a number, as Serial.print takes it. */
template <typename T, typename R>
struct NumberWithDigits {
  static_assert(Never<T>::VALUE,
                "CrossComm: a number is sent as it is, without a count of digits or a base: cc.send(channel, 21.5). "
                "With them it is "
                "a text: String(21.5, 1).");
  typedef R Type;
};
template <typename T, typename R>
using Digits = typename NumberWithDigits<typename EnableIf<IsNumber<T>::VALUE, T>::Type, R>::Type;

/** What a function returns that takes numbers and pointers by value, and one that takes objects as they are. */
template <typename T, typename R>
using Scalar = typename EnableIf<!IsClass<T>::VALUE, R>::Type;
template <typename T, typename R>
using Object = typename EnableIf<IsClass<T>::VALUE, R>::Type;

}  // namespace crosscomm
