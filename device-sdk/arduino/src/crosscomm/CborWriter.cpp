#include "CborWriter.h"

#include "Slip.h"

namespace crosscomm {

#ifdef __AVR__
bool otherLinks = false;
#endif

using namespace Cbor;

namespace {

const uint16_t HALF_NAN = 0x7E00;

/** The 16-bit float with the value of the 32-bit one, if there is one. By 16 bits, which an AVR has instructions for. */
bool toHalf(uint32_t bits, uint16_t &half) {
  const uint16_t upper = static_cast<uint16_t>(bits >> 16);
  uint8_t exponent = static_cast<uint8_t>(upper >> 7);
  // The last five bits of the exponent, and the first ten of the mantissa.
  uint16_t body = static_cast<uint16_t>(bits << 3 >> 16) & 0x7FFF;
  uint16_t mantissa = (body & 0x3FF) | 0x400;
  const bool isExact = (static_cast<uint16_t>(bits) & 0x1FFF) == 0;
  half = upper & 0x8000;
  if (exponent == 0xFF) {
    const bool isNan = (static_cast<uint16_t>(bits) | (upper & 0x7F)) != 0;
    half = isNan ? HALF_NAN : static_cast<uint16_t>(half | 0x7C00);
    return true;
  }
  if (static_cast<uint16_t>(bits) == 0 && (upper & 0x7FFF) == 0) return true;
  if (!isExact || exponent > 142) return false;
  if (exponent > 112) {
    // 112 is the difference of both exponents' zeros, which in five bits is 16.
    half |= body ^ 0x4000;
    return true;
  }
  // A subnormal: a count of 2^-24.
  for (; exponent < 113; exponent++) {
    if ((mantissa & 1) != 0) return false;
    mantissa >>= 1;
  }
  half |= mantissa;
  return true;
}

}  // namespace

CROSSCOMM_NOINLINE void CborWriter::put(uint8_t byte) {
  if (at_ == end_) {
    if (line_ == nullptr && (!hasOtherLinks() || sink_ == nullptr)) {
      passed_++;
      return;
    }
    flush();
  }
  *at_++ = byte;
}

CROSSCOMM_NOINLINE void CborWriter::put(const uint8_t *bytes, size_t length) {
  while (length-- > 0) put(*bytes++);
}

CROSSCOMM_NOINLINE void CborWriter::flush() {
  const size_t length = static_cast<size_t>(at_ - buffer_);
  passed_ += length;
  at_ = buffer_;
  if (!hasOtherLinks() || line_ != nullptr) return line_->put(buffer_, length);
  for (size_t i = 0; i < length; i++) sink_->put(buffer_[i]);
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "CrossComm: this board stores the highest byte first.");

/** The lower `size` bytes, the highest of them first. */
CROSSCOMM_NOINLINE void CborWriter::number(uint32_t value, uint8_t size) {
  const uint8_t *const lowest = reinterpret_cast<const uint8_t *>(&value);
  while (size > 0) put(lowest[--size]);
}

CROSSCOMM_NOINLINE void CborWriter::head(uint8_t major, uint32_t value) {
  uint8_t size = 0;
  uint8_t info = static_cast<uint8_t>(value);
  if (value >= 24) {
    size = value < 0x100 ? 1 : value < 0x10000 ? 2 : 4;
    info = static_cast<uint8_t>(24 + size / 2);
  }
  put(static_cast<uint8_t>(major | info));
  number(value, size);
}

void CborWriter::head64(uint8_t major, uint64_t value) {
  const uint32_t high = static_cast<uint32_t>(value >> 32);
  if (high == 0) return head(major, static_cast<uint32_t>(value));
  put(static_cast<uint8_t>(major | 27));
  number(high, 4);
  number(static_cast<uint32_t>(value), 4);
}

void CborWriter::integer(int32_t value) {
  if (value < 0) return head(NEGATIVE, ~static_cast<uint32_t>(value));
  head(UNSIGNED, static_cast<uint32_t>(value));
}

void CborWriter::unsignedInteger64(uint64_t value) { head64(UNSIGNED, value); }

void CborWriter::integer64(int64_t value) {
  if (value < 0) return head64(NEGATIVE, ~static_cast<uint64_t>(value));
  head64(UNSIGNED, static_cast<uint64_t>(value));
}

void CborWriter::floating(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint16_t half;
  const bool isHalf = toHalf(bits, half);
  put(isHalf ? 0xF9 : 0xFA);
  number(isHalf ? half : bits, isHalf ? 2 : 4);
}

void CborWriter::floating(double value) {
  const float narrow = static_cast<float>(value);
  // NaN is not equal to itself, and as float it is as short as can be.
  if (sizeof(double) == sizeof(float) || static_cast<double>(narrow) == value || value != value) {
    return floating(narrow);
  }
  uint64_t bits;
  memcpy(&bits, &value, sizeof(double) < sizeof bits ? sizeof(double) : sizeof bits);
  put(0xFB);
  number(static_cast<uint32_t>(bits >> 32), 4);
  number(static_cast<uint32_t>(bits), 4);
}

CROSSCOMM_NOINLINE void CborWriter::text(const char *text) { this->text(text, strlen(text)); }

void CborWriter::text(const FlashText *text) {
  const char *at = reinterpret_cast<const char *>(text);
  const size_t length = strlen_P(at);
  head(TEXT, static_cast<uint32_t>(length));
  for (size_t i = 0; i < length; i++) put(pgm_read_byte(at + i));
}

void CborWriter::string(uint8_t major, const uint8_t *bytes, size_t length) {
  head(major, static_cast<uint32_t>(length));
  put(bytes, length);
}

}  // namespace crosscomm
