#include "CborReader.h"

namespace crosscomm {

namespace {

const uint8_t UNSIGNED = 0, NEGATIVE = 1, BYTES = 2, TEXT = 3, ARRAY = 4, MAP = 5, TAG = 6, SIMPLE = 7;
const uint8_t FALSE_INFO = 20, TRUE_INFO = 21, NULL_INFO = 22, HALF = 25, SINGLE = 26, DOUBLE = 27;
const uint8_t FIRST_FRAME_HEAD = 0x81, LAST_FRAME_HEAD = 0x97;

enum class HeadFault : uint8_t { None, Truncated, Unsupported };

HeadFault scanHead(const uint8_t *&at, const uint8_t *end, Head &head) {
  if (at == end) return HeadFault::Truncated;
  const uint8_t first = *at++;
  head.major = first >> 5;
  head.info = first & 0x1F;
  head.low = head.info;
  head.high = 0;
  if (head.info > DOUBLE || head.major == TAG) return HeadFault::Unsupported;
  if (head.major == SIMPLE && (head.info < FALSE_INFO || (head.info > NULL_INFO && head.info < HALF))) {
    return HeadFault::Unsupported;
  }
  if (head.info < 24) return HeadFault::None;
  uint8_t size = static_cast<uint8_t>(1 << (head.info - 24));
  if (static_cast<size_t>(end - at) < size) return HeadFault::Truncated;
  head.low = 0;
  while (size-- > 0) {
    if (size >= 4) {
      head.high = head.high << 8 | *at++;
    } else {
      head.low = head.low << 8 | *at++;
    }
  }
  if (head.major == NEGATIVE && head.high >= 0x80000000UL) return HeadFault::Unsupported;
  return HeadFault::None;
}

float floatFromBits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

bool readHead(const uint8_t *&at, const uint8_t *end, Head &head) {
  return scanHead(at, end, head) == HeadFault::None;
}

float floatFromHalf(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  uint8_t exponent = (half >> 10) & 0x1F;
  uint32_t mantissa = half & 0x3FF;
  if (exponent == 31) return floatFromBits(sign | 0x7F800000UL | mantissa << 13);
  if (exponent == 0) {
    if (mantissa == 0) return floatFromBits(sign);
    // A subnormal is shifted until it has its leading one; every one of them is normal in 32 bits.
    uint8_t shift = 0;
    while ((mantissa & 0x400) == 0) {
      mantissa <<= 1;
      shift++;
    }
    return floatFromBits(sign | static_cast<uint32_t>(113 - shift) << 23 | (mantissa & 0x3FF) << 13);
  }
  return floatFromBits(sign | static_cast<uint32_t>(exponent + 112) << 23 | mantissa << 13);
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

Result checkFrame(const uint8_t *frame, size_t length, size_t maxFrame, uint8_t maxDepth) {
  if (length > maxFrame) return Result::TooLarge;
  if (length == 0) return Result::Truncated;
  if (*frame < FIRST_FRAME_HEAD || *frame > LAST_FRAME_HEAD) return Result::NotAFrame;
  if (maxDepth > CROSSCOMM_MAX_DEPTH) maxDepth = CROSSCOMM_MAX_DEPTH;

  const uint8_t *at = frame;
  const uint8_t *end = frame + length;
  // For each level what is still to come: in maps keys and values count, so an even number means that a key is next.
  size_t left[CROSSCOMM_MAX_DEPTH];
  bool isMap[CROSSCOMM_MAX_DEPTH];
  uint8_t level = 0;
  isMap[0] = false;
  left[0] = *at++ & 0x1F;
  bool isType = true;

  for (;;) {
    while (left[level] == 0) {
      if (level == 0) return at == end ? Result::Ok : Result::Trailing;
      level--;
    }
    const bool isKey = isMap[level] && (left[level] & 1) == 0;
    left[level]--;
    Head head;
    const HeadFault fault = scanHead(at, end, head);
    if (fault == HeadFault::Truncated) return Result::Truncated;
    if (isType && (head.major != UNSIGNED || head.high != 0 || head.low > 0xFFFF)) return Result::NotAFrame;
    if (fault == HeadFault::Unsupported) return Result::Unsupported;
    isType = false;
    if (isKey && head.major != TEXT && (head.major != UNSIGNED || head.high != 0 || head.low > 0xFFFF)) {
      return Result::BadKey;
    }
    const size_t rest = static_cast<size_t>(end - at);
    if (head.major < BYTES || head.major > MAP) continue;
    if (head.high != 0 || head.low > rest) return Result::Truncated;
    if (head.major == BYTES || head.major == TEXT) {
      at += head.low;
      continue;
    }
    if (level + 1 >= maxDepth) return Result::TooDeep;
    size_t items = static_cast<size_t>(head.low);
    if (head.major == MAP) {
      if (items > rest / 2) return Result::Truncated;
      items *= 2;
    }
    left[++level] = items;
    isMap[level] = head.major == MAP;
  }
}

bool Value::head(Head &head, const uint8_t *&body) const {
  body = at_;
  return at_ != nullptr && readHead(body, end_, head);
}

Type Value::type() const {
  Head head;
  const uint8_t *body;
  if (!this->head(head, body)) return Type::None;
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
  Head head;
  const uint8_t *body;
  if (!this->head(head, body)) return otherwise;
  if (head.major <= NEGATIVE) {
    if (head.high != 0 || head.low > 0x7FFFFFFFUL) return otherwise;
    const long value = static_cast<long>(head.low);
    return head.major == NEGATIVE ? -1 - value : value;
  }
  if (head.major != SIMPLE || head.info == NULL_INFO) return otherwise;
  if (head.info < NULL_INFO) return head.info == TRUE_INFO;
  const float value = toFloat();
  // 2^31 itself is out of range; NaN compares with nothing.
  return value >= -2147483648.0f && value < 2147483648.0f ? static_cast<long>(value) : otherwise;
}

uint32_t Value::toUnsigned(uint32_t otherwise) const {
  Head head;
  const uint8_t *body;
  return this->head(head, body) && head.major == UNSIGNED && head.high == 0 ? head.low : otherwise;
}

float Value::toFloat(float otherwise) const {
  Head head;
  const uint8_t *body;
  if (!this->head(head, body)) return otherwise;
  if (head.major <= NEGATIVE) {
    float value = static_cast<float>(head.low);
    if (head.high != 0) value += static_cast<float>(head.high) * 4294967296.0f;
    return head.major == NEGATIVE ? -1.0f - value : value;
  }
  if (head.major != SIMPLE) return otherwise;
  switch (head.info) {
    case FALSE_INFO: return 0;
    case TRUE_INFO: return 1;
    case HALF: return floatFromHalf(static_cast<uint16_t>(head.low));
    case SINGLE: return floatFromBits(head.low);
    case DOUBLE: return floatFromDouble(head.high, head.low);
    default: return otherwise;
  }
}

double Value::toDouble(double otherwise) const {
  Head head;
  const uint8_t *body;
  if (!this->head(head, body)) return otherwise;
  if (head.major <= NEGATIVE) {
    const double value = static_cast<double>(head.high) * 4294967296.0 + static_cast<double>(head.low);
    return head.major == NEGATIVE ? -1.0 - value : value;
  }
  if (sizeof(double) == 8 && head.major == SIMPLE && head.info == DOUBLE) {
    const uint64_t bits = static_cast<uint64_t>(head.high) << 32 | head.low;
    double value = 0;
    memcpy(&value, &bits, sizeof(double) < sizeof bits ? sizeof(double) : sizeof bits);
    return value;
  }
  const bool isNumber = head.major == SIMPLE && head.info != NULL_INFO;
  return isNumber ? static_cast<double>(toFloat()) : otherwise;
}

int64_t Value::toInt64(int64_t otherwise) const {
  Head head;
  const uint8_t *body;
  if (!this->head(head, body) || head.major > NEGATIVE || head.high > 0x7FFFFFFFUL) return otherwise;
  const int64_t value = static_cast<int64_t>(static_cast<uint64_t>(head.high) << 32 | head.low);
  return head.major == NEGATIVE ? -1 - value : value;
}

uint64_t Value::toUnsigned64(uint64_t otherwise) const {
  Head head;
  const uint8_t *body;
  if (!this->head(head, body) || head.major != UNSIGNED) return otherwise;
  return static_cast<uint64_t>(head.high) << 32 | head.low;
}

bool Value::toBool() const {
  Head head;
  const uint8_t *body;
  if (!this->head(head, body)) return false;
  if (head.major <= NEGATIVE) return head.major == NEGATIVE || (head.low | head.high) != 0;
  if (head.major == TEXT) return equals("true") || equals("on") || equals("1");
  if (head.major != SIMPLE || head.info == NULL_INFO) return false;
  if (head.info < NULL_INFO) return head.info == TRUE_INFO;
  // A float is 0 if all bits but the sign are.
  const uint8_t signBit = head.info == HALF ? 15 : 31;
  if (head.info == DOUBLE) return (head.low | (head.high & 0x7FFFFFFFUL)) != 0;
  return (head.low & ~(static_cast<uint32_t>(1) << signBit)) != 0;
}

size_t Value::size() const {
  Head head;
  const uint8_t *body;
  if (!this->head(head, body) || head.major < BYTES || head.major > MAP) return 0;
  return static_cast<size_t>(head.low);
}

const uint8_t *Value::data() const {
  Head head;
  const uint8_t *body;
  if (!this->head(head, body) || (head.major != BYTES && head.major != TEXT)) return nullptr;
  if (head.high != 0 || head.low > static_cast<size_t>(end_ - body)) return nullptr;
  return body;
}

bool Value::equals(const char *text) const {
  if (!isText()) return false;
  const uint8_t *bytes = data();
  const size_t length = strlen(text);
  return bytes != nullptr && size() == length && memcmp(bytes, text, length) == 0;
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

bool Value::isKey(const char *key) const {
  if (isText()) return equals(key);
  const long number = toInt(-1);
  if (dictionary_ == nullptr || number < 0 || number >= static_cast<long>(dictionary_->count)) return false;
  return strcmp(dictionary_->keys[number], key) == 0;
}

Value Value::operator[](const char *key) const {
  if (type() != Type::Map) return Value();
  Head head;
  const uint8_t *at;
  this->head(head, at);
  for (uint32_t left = head.low; left > 0 && at < end_; left--) {
    const Value name(at, end_, dictionary_);
    const Value value(name.next(), end_, dictionary_);
    if (name.isKey(key)) return value;
    at = value.next();
  }
  return Value();
}

Value Value::operator[](int place) const { return child(place, false); }

Value Value::keyAt(int place) const { return type() == Type::Map ? child(place, true) : Value(); }

Value Value::child(int place, bool key) const {
  const Type type = this->type();
  if (place < 0 || static_cast<size_t>(place) >= size() || (type != Type::Map && type != Type::Array)) return Value();
  Head head;
  const uint8_t *at;
  this->head(head, at);
  size_t skips = static_cast<size_t>(place);
  if (type == Type::Map) skips = skips * 2 + (key ? 0 : 1);
  while (skips-- > 0) at = Value(at, end_).next();
  return Value(at, end_, dictionary_);
}

const uint8_t *Value::next() const {
  const uint8_t *at = at_;
  // How many items are still to be passed; a map or an array adds its own. No stack is needed.
  uint32_t pending = 1;
  while (pending > 0 && at != nullptr && at < end_) {
    Head head;
    if (!readHead(at, end_, head)) return end_;
    pending--;
    if (head.major < BYTES || head.major > MAP) continue;
    const size_t rest = static_cast<size_t>(end_ - at);
    if (head.high != 0 || head.low > rest) return end_;
    if (head.major == BYTES || head.major == TEXT) {
      at += head.low;
    } else {
      pending += head.major == MAP ? head.low * 2 : head.low;
    }
  }
  return at;
}

}  // namespace crosscomm
