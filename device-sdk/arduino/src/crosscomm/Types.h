// What a type is, by the compiler: an AVR has no standard library to ask.
#pragma once

#include "Platform.h"

namespace crosscomm {

template <bool holds, typename T = void>
struct EnableIf {};
template <typename T>
struct EnableIf<true, T> {
  typedef T Type;
};

/** False, but known only where a template is used: for the message of a static_assert. */
template <typename T>
struct Never {
  static const bool VALUE = false;
};

/** Numbers and no enum, whose == would be looked for among the templates that are made with these. */
namespace NumberKind {
const uint8_t None = 0, Bool = 1, Signed = 2, Unsigned = 3, Float = 4;
}

/** What kind of number a type is. A char is none, but a text of one character. */
template <typename T>
struct NumberType {
  static const uint8_t KIND = NumberKind::None;
};
template <uint8_t kind>
struct NumberTypeOf {
  static const uint8_t KIND = kind;
};
template <>
struct NumberType<bool> : NumberTypeOf<NumberKind::Bool> {};
template <>
struct NumberType<signed char> : NumberTypeOf<NumberKind::Signed> {};
template <>
struct NumberType<short> : NumberTypeOf<NumberKind::Signed> {};
template <>
struct NumberType<int> : NumberTypeOf<NumberKind::Signed> {};
template <>
struct NumberType<long> : NumberTypeOf<NumberKind::Signed> {};
template <>
struct NumberType<long long> : NumberTypeOf<NumberKind::Signed> {};
template <>
struct NumberType<unsigned char> : NumberTypeOf<NumberKind::Unsigned> {};
template <>
struct NumberType<unsigned short> : NumberTypeOf<NumberKind::Unsigned> {};
template <>
struct NumberType<unsigned int> : NumberTypeOf<NumberKind::Unsigned> {};
template <>
struct NumberType<unsigned long> : NumberTypeOf<NumberKind::Unsigned> {};
template <>
struct NumberType<unsigned long long> : NumberTypeOf<NumberKind::Unsigned> {};
template <>
struct NumberType<float> : NumberTypeOf<NumberKind::Float> {};
template <>
struct NumberType<double> : NumberTypeOf<NumberKind::Float> {};
template <>
struct NumberType<long double> : NumberTypeOf<NumberKind::Float> {};

template <typename T>
struct IsNumber {
  static const bool VALUE = NumberType<T>::KIND != NumberKind::None;
};
template <typename T>
struct IsFloat {
  static const bool VALUE = NumberType<T>::KIND == NumberKind::Float;
};
template <typename T>
struct IsInteger {
  static const bool VALUE = NumberType<T>::KIND == NumberKind::Signed || NumberType<T>::KIND == NumberKind::Unsigned;
};

template <typename T>
struct IsClass {
  static const bool VALUE = __is_class(T) || __is_union(T);
};
template <typename Base, typename T>
struct IsA {
  static const bool VALUE = __is_base_of(Base, T);
};

/** Whether a class is a text: a String, what adding to one makes, or a std::string. */
template <typename T>
class IsString {
  template <typename U>
  static char test(decltype(static_cast<const char *>(static_cast<const U *>(nullptr)->c_str())) *);
  template <typename U>
  static long test(...);

 public:
  static const bool VALUE = sizeof(test<T>(nullptr)) == 1;
};

template <typename T>
struct IsPointer {
  static const bool VALUE = false;
};
template <typename T>
struct IsPointer<T *> {
  static const bool VALUE = true;
};

}  // namespace crosscomm
