#include "CborReader.h"

namespace crosscomm {

using namespace Cbor;

namespace {

float floatFromBits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/** The upper 32 bits of the argument that was read. */
uint32_t upperHalf(const Scanner &head) {
  if (!head.isWide) return 0;
  uint32_t half = 0;
  for (const uint8_t *at = head.at - 8; at < head.at - 4; at++) half = half << 8 | *at;
  return half;
}

uint64_t wholeArgument(const Scanner &head) { return static_cast<uint64_t>(upperHalf(head)) << 32 | head.argument; }

/** The integer in a float or a bool, without arithmetic of floats. False where 64 bits do not hold it, or it is none. */
bool integerIn(const Scanner &head, bool &isNegative, uint64_t &integer) {
  isNegative = false;
  integer = head.info == TRUE_INFO;
  if (head.info < NULL_INFO) return true;
  if (head.info == NULL_INFO) return false;
  uint64_t bits = wholeArgument(head);
  uint8_t width = 52;
  if (head.info != DOUBLE) {
    const float single =
        head.info == HALF ? floatFromHalf(static_cast<uint16_t>(head.argument)) : floatFromBits(head.argument);
    uint32_t singleBits;
    memcpy(&singleBits, &single, sizeof singleBits);
    bits = singleBits;
    width = 23;
  }
  const uint16_t mostExponent = width == 52 ? 0x7FF : 0xFF;
  const uint16_t exponent = static_cast<uint16_t>(bits >> width) & mostExponent;
  const int shift = exponent - (mostExponent >> 1);
  if (shift > 63) return false;
  isNegative = (bits >> (width == 52 ? 63 : 31) & 1) != 0;
  integer = (bits & ((1ULL << width) - 1)) | 1ULL << width;
  if (shift < 0) integer = 0;
  else if (shift < width) integer >>= width - shift;
  else integer <<= shift - width;
  return true;
}

/** Whether a text of up to 4 bytes that ends there is true, on or 1. As a number: texts to compare with would be in an AVR's memory. */
bool isYes(const uint8_t *end, uint8_t length) {
  // The length before the bytes tells apart what begins with a zero.
  uint32_t bytes = length;
  for (; length > 0; length--) bytes = bytes << 8 | end[-length];
  return bytes == 0x74727565 || bytes == 0x026F6E || bytes == 0x0131;
}

}  // namespace

float floatFromHalf(uint16_t half) {
  const uint16_t sign = half & 0x8000;
  uint8_t exponent = (half >> 10) & 0x1F;
  uint16_t mantissa = half & 0x3FF;
  if (exponent == 31) exponent = 255;
  else if (exponent > 0) exponent = static_cast<uint8_t>(exponent + 112);
  else if (mantissa != 0) {
    // A subnormal is shifted until it has its leading one; every one of them is normal in 32 bits.
    exponent = 113;
    while ((mantissa & 0x400) == 0) {
      mantissa = static_cast<uint16_t>(mantissa << 1);
      exponent--;
    }
    mantissa &= 0x3FF;
  }
  // By halves: an AVR shifts 32 bits one by one.
  const uint16_t high = static_cast<uint16_t>(sign | static_cast<uint16_t>(exponent << 7) | mantissa >> 3);
  return floatFromBits(static_cast<uint32_t>(high) << 16 | static_cast<uint16_t>(mantissa << 13));
}

float floatFromDouble(uint32_t high, uint32_t low) {
  const uint32_t sign = high & 0x80000000UL;
  const int16_t exponent = static_cast<int16_t>((high >> 20) & 0x7FF);
  uint32_t mantissa = (high & 0xFFFFF) << 3 | low >> 29;
  if (exponent == 0x7FF) {
    const bool isNan = ((high & 0xFFFFF) | low) != 0;
    return floatFromBits(sign | 0x7F800000UL | (isNan ? 0x400000UL : 0));
  }
  const int16_t narrow = static_cast<int16_t>(exponent - 1023 + 127);
  if (narrow >= 255) return floatFromBits(sign | 0x7F800000UL);
  if (narrow <= 0) return floatFromBits(sign);
  uint32_t bits = static_cast<uint32_t>(narrow) << 23 | mantissa;
  // Round to nearest, ties to even. A carry goes on into the exponent, as it should.
  const bool half = (low & 0x10000000UL) != 0;
  const bool more = (low & 0x0FFFFFFFUL) != 0;
  if (half && (more || (bits & 1))) bits++;
  return floatFromBits(sign | bits);
}

Type Value::type() const {
  Scanner head = scanner();
  if (head.head() != Result::Ok) return Type::None;
  switch (head.major) {
    case UNSIGNED:
    case NEGATIVE: return Type::Integer;
    case BYTES: return Type::Bytes;
    case TEXT: return Type::Text;
    case ARRAY: return Type::Array;
    case MAP: return Type::Map;
    default: return head.info >= HALF ? Type::Float : head.info == NULL_INFO ? Type::Null : Type::Bool;
  }
}

long Value::toInt(long otherwise) const {
  Scanner head = scanner();
  if (head.head() != Result::Ok) return otherwise;
  if (head.major <= NEGATIVE) {
    if (head.isWide || head.argument > 0x7FFFFFFFUL) return otherwise;
    const long value = static_cast<long>(head.argument);
    return head.major == NEGATIVE ? -1 - value : value;
  }
  if (head.major != SIMPLE || head.info == NULL_INFO) return otherwise;
  if (head.info < NULL_INFO) return head.info == TRUE_INFO;
#ifdef __AVR__
  const float value = toFloat();
  // 2^31 itself is out of range; NaN compares with nothing.
  return value >= -2147483648.0f && value < 2147483648.0f ? static_cast<long>(value) : otherwise;
#else
  const int64_t value = toInt64(INT64_MIN);
  return value >= INT32_MIN && value <= INT32_MAX ? static_cast<long>(value) : otherwise;
#endif
}

uint32_t Value::toUnsigned(uint32_t otherwise) const {
  const uint64_t value = toUnsigned64(UINT64_MAX);
  return value <= 0xFFFFFFFFUL ? static_cast<uint32_t>(value) : otherwise;
}

uint32_t Value::plainUnsigned(uint32_t otherwise) const {
  Scanner head = scanner();
  return head.head() == Result::Ok && head.major == UNSIGNED && !head.isWide ? head.argument : otherwise;
}

float Value::toFloat(float otherwise) const {
  Scanner head = scanner();
  if (head.head() != Result::Ok) return otherwise;
  if (head.major <= NEGATIVE) {
    float value = static_cast<float>(head.argument);
    if (head.isWide) value += static_cast<float>(upperHalf(head)) * 4294967296.0f;
    return head.major == NEGATIVE ? -1.0f - value : value;
  }
  if (head.major != SIMPLE) return otherwise;
  switch (head.info) {
    case FALSE_INFO: return 0;
    case TRUE_INFO: return 1;
    case HALF: return floatFromHalf(static_cast<uint16_t>(head.argument));
    case SINGLE: return floatFromBits(head.argument);
    case DOUBLE: return floatFromDouble(upperHalf(head), head.argument);
    default: return otherwise;
  }
}

double Value::toDouble(double otherwise) const {
  Scanner head = scanner();
  if (head.head() != Result::Ok) return otherwise;
  if (head.major <= NEGATIVE) {
    const double value = static_cast<double>(upperHalf(head)) * 4294967296.0 + static_cast<double>(head.argument);
    return head.major == NEGATIVE ? -1.0 - value : value;
  }
  if (sizeof(double) == 8 && head.major == SIMPLE && head.info == DOUBLE) {
    const uint64_t bits = wholeArgument(head);
    double value = 0;
    memcpy(&value, &bits, sizeof(double) < sizeof bits ? sizeof(double) : sizeof bits);
    return value;
  }
  const bool isNumber = head.major == SIMPLE && head.info != NULL_INFO;
  return isNumber ? static_cast<double>(toFloat()) : otherwise;
}

int64_t Value::toInt64(int64_t otherwise) const {
  Scanner head = scanner();
  if (head.head() != Result::Ok) return otherwise;
  bool isNegative;
  uint64_t integer;
  if (head.major == SIMPLE) {
    if (!integerIn(head, isNegative, integer) || integer > INT64_MAX) return otherwise;
    return isNegative ? -static_cast<int64_t>(integer) : static_cast<int64_t>(integer);
  }
  if (head.major > NEGATIVE || upperHalf(head) > 0x7FFFFFFFUL) return otherwise;
  const int64_t value = static_cast<int64_t>(wholeArgument(head));
  return head.major == NEGATIVE ? -1 - value : value;
}

uint64_t Value::toUnsigned64(uint64_t otherwise) const {
  Scanner head = scanner();
  if (head.head() != Result::Ok) return otherwise;
  bool isNegative;
  uint64_t integer;
  if (head.major == SIMPLE)
    return integerIn(head, isNegative, integer) && (!isNegative || integer == 0) ? integer : otherwise;
  return head.major == UNSIGNED ? wholeArgument(head) : otherwise;
}

bool Value::toBool() const {
  Scanner part = scanner();
  if (part.item() != Result::Ok) return false;
  if (part.major == TEXT) return part.argument <= 4 && isYes(part.at, static_cast<uint8_t>(part.argument));
  if (part.major == UNSIGNED) return part.isWide || part.argument != 0;
  if (part.major != SIMPLE) return part.major == NEGATIVE;
  if (part.info < HALF) return part.info == TRUE_INFO;
  // A float is 0 if all bits but the sign are.
  uint8_t bits = static_cast<uint8_t>(at_[1] << 1);
  for (const uint8_t *at = at_ + 2; at < part.at; at++) bits |= *at;
  return bits != 0;
}

size_t Value::size() const {
  Scanner head = scanner();
  if (head.head() != Result::Ok || head.major < BYTES || head.major > MAP) return 0;
  return static_cast<size_t>(head.argument);
}

const uint8_t *Value::data() const {
  Scanner head = scanner();
  if (head.head() != Result::Ok || (head.major != BYTES && head.major != TEXT)) return nullptr;
  return head.isWide || head.argument > head.rest() ? nullptr : head.at;
}

bool Value::equals(const char *text) const {
  Scanner at = scanner();
  if (at.item() != Result::Ok || at.major != TEXT) return false;
  const size_t length = strlen(text);
  return at.argument == length && memcmp(at.at - length, text, length) == 0;
}

size_t Value::copyText(char *into, size_t room) const {
  const uint8_t *bytes = isText() ? data() : nullptr;
  const size_t length = bytes == nullptr ? 0 : size();
  if (room > 0) {
    const size_t copied = length < room ? length : room - 1;
    if (copied > 0) memcpy(into, bytes, copied);
    into[copied] = 0;
  }
  return length;
}

bool Value::isKey(const Scanner &head, const char *key) const {
  if (!head.isSmall()) return equals(key);
  return dictionary() != nullptr && head.argument < dictionary()->count &&
         strcmp(dictionary()->keys[head.argument], key) == 0;
}

const uint8_t *Value::find(const char *key) const {
  Scanner at = scanner();
  if (at.head() != Result::Ok) return end_;
  if (at.major != MAP) return at.major == ARRAY ? findInShape(key) : end_;
  for (uint32_t left = at.argument; left > 0; left--) {
    const Value name(at.at, end_, dictionary());
    if (at.item() != Result::Ok) break;
    if (name.isKey(at, key)) return at.at;
    if (at.item() != Result::Ok) break;
  }
  return end_;
}

Value Value::keyAt(int place) const {
  return type() == Type::Map ? Value(find(place, true), end_, dictionary()) : Value();
}

const uint8_t *Value::find(int place, bool key) const {
  Scanner at = scanner();
  if (at.head() != Result::Ok || at.major < ARRAY || at.major > MAP) return end_;
  if (place < 0 || static_cast<uint32_t>(place) >= at.argument) return end_;
  size_t skips = static_cast<size_t>(place);
  if (at.major == MAP) skips = skips * 2 + (key ? 0 : 1);
  while (skips-- > 0) {
    if (at.item() != Result::Ok) return end_;
  }
  return at.at;
}

const uint8_t *Value::next() const {
  Scanner at = scanner();
  return at.item() == Result::Ok ? at.at : end_;
}

}  // namespace crosscomm
