// Values compared with what a sketch writes beside them, and keys in flash. Linked where it does.

#include "CborReader.h"

namespace crosscomm {

const uint8_t *Value::find(const FlashText *key) const {
  if (type() == Type::Array) return findInShape(key);
  const int count = type() == Type::Map ? static_cast<int>(size()) : 0;
  for (int place = 0; place < count; place++) {
    const Value name = keyAt(place);
    const uint32_t number = name.plainUnsigned(0xFFFF);
    const bool isNumber = dictionary() != nullptr && number < dictionary()->count;
    const char *const text = reinterpret_cast<const char *>(key);
    if (isNumber ? strcmp_P(dictionary()->keys[number], text) == 0 : name.equals(key)) return name.next();
  }
  return end_;
}

bool Value::equals(const char *text, size_t length) const {
  return isText() && size() == length && (length == 0 || memcmp(data(), text, length) == 0);
}

bool Value::equals(const FlashText *text) const {
  const char *const at = reinterpret_cast<const char *>(text);
  const size_t length = strlen_P(at);
  if (!isText() || size() != length) return false;
  for (size_t i = 0; i < length; i++) {
    if (pgm_read_byte(at + i) != data()[i]) return false;
  }
  return true;
}

bool Value::equals(const Value &other) const {
  if (isNumber() && other.isNumber()) return toDouble() == other.toDouble();
  const size_t length = static_cast<size_t>(next() - at_);
  return length == static_cast<size_t>(other.next() - other.at_) &&
         (length == 0 || memcmp(at_, other.at_, length) == 0);
}

namespace {

template <typename T>
int8_t order(T first, T second) {
  // NaN is none of it.
  return first < second ? -1 : first == second ? 0 : first > second ? 1 : 2;
}

}  // namespace

int8_t Value::compare(double number) const {
  switch (type()) {
    case Type::Text:
    case Type::Bytes:
    case Type::Array:
    case Type::Map: return 2;
    default: return order(toDouble(), number);
  }
}

int8_t Value::compare(int32_t number) const {
  // A long that is not there reads as two numbers.
  const long value = toInt(0);
  return type() == Type::Integer && value == toInt(1) ? order(static_cast<int32_t>(value), number)
                                                      : compare(static_cast<double>(number));
}

int8_t Value::compare(uint32_t number) const {
  const uint32_t value = plainUnsigned(0);
  return value == plainUnsigned(1) ? order(value, number) : compare(static_cast<double>(number));
}

int8_t Value::compare(int64_t number) const {
  const int64_t value = toInt64(0);
  return type() == Type::Integer && value == toInt64(1) ? order(value, number) : compare(static_cast<double>(number));
}

int8_t Value::compare(uint64_t number) const {
  const uint64_t value = toUnsigned64(0);
  return type() == Type::Integer && value == toUnsigned64(1) ? order(value, number)
                                                             : compare(static_cast<double>(number));
}

}  // namespace crosscomm
