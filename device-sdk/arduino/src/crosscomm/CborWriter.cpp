#include "CborWriter.h"

namespace crosscomm {

namespace {

const uint16_t HALF_NAN = 0x7E00;

/** The 16-bit float with the value of the 32-bit one, if there is one. By bits: no float arithmetic gets linked. */
bool toHalf(uint32_t bits, uint16_t &half) {
  const uint16_t sign = static_cast<uint16_t>(bits >> 16) & 0x8000;
  const int16_t exponent = static_cast<int16_t>((bits >> 23) & 0xFF) - 127;
  const uint32_t mantissa = bits & 0x7FFFFF;
  if (exponent == 128) {
    half = mantissa != 0 ? HALF_NAN : static_cast<uint16_t>(sign | 0x7C00);
    return true;
  }
  if (exponent == -127) {
    half = sign;
    return mantissa == 0;
  }
  if (exponent > 15 || exponent < -24) return false;
  if (exponent >= -14) {
    half = static_cast<uint16_t>(sign | ((exponent + 15) << 10) | static_cast<uint16_t>(mantissa >> 13));
    return (mantissa & 0x1FFF) == 0;
  }
  // A subnormal: a count of 2^-24.
  const uint32_t whole = mantissa | 0x800000;
  const uint8_t shift = static_cast<uint8_t>(-exponent - 1);
  half = static_cast<uint16_t>(sign | static_cast<uint16_t>(whole >> shift));
  return (whole & ((static_cast<uint32_t>(1) << shift) - 1)) == 0;
}

}  // namespace

void CborWriter::put(uint8_t byte) {
  if (sink_ != nullptr) {
    sink_->put(byte);
  } else if (length_ < capacity_) {
    buffer_[length_] = byte;
  }
  length_++;
}

void CborWriter::put(const uint8_t *bytes, size_t length) {
  while (length-- > 0) put(*bytes++);
}

void CborWriter::number(uint32_t value, uint8_t size) {
  while (size-- > 0) put(static_cast<uint8_t>(value >> (8 * size)));
}

void CborWriter::head(uint8_t major, uint32_t value) {
  major = static_cast<uint8_t>(major << 5);
  if (value < 24) return put(static_cast<uint8_t>(major | value));
  const uint8_t power = value < 0x100 ? 0 : value < 0x10000 ? 1 : 2;
  put(static_cast<uint8_t>(major | (24 + power)));
  number(value, static_cast<uint8_t>(1 << power));
}

void CborWriter::head64(uint8_t major, uint64_t value) {
  const uint32_t high = static_cast<uint32_t>(value >> 32);
  if (high == 0) return head(major, static_cast<uint32_t>(value));
  put(static_cast<uint8_t>(major << 5 | 27));
  number(high, 4);
  number(static_cast<uint32_t>(value), 4);
}

void CborWriter::integer(int32_t value) {
  if (value < 0) return head(1, ~static_cast<uint32_t>(value));
  head(0, static_cast<uint32_t>(value));
}

void CborWriter::unsignedInteger64(uint64_t value) { head64(0, value); }

void CborWriter::integer64(int64_t value) {
  if (value < 0) return head64(1, ~static_cast<uint64_t>(value));
  head64(0, static_cast<uint64_t>(value));
}

void CborWriter::floating(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint16_t half;
  if (toHalf(bits, half)) {
    put(0xF9);
    return number(half, 2);
  }
  put(0xFA);
  number(bits, 4);
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

void CborWriter::text(const FlashText *text) {
  const char *at = reinterpret_cast<const char *>(text);
  const size_t length = strlen_P(at);
  head(3, static_cast<uint32_t>(length));
  for (size_t i = 0; i < length; i++) put(pgm_read_byte(at + i));
}

void CborWriter::string(uint8_t major, const uint8_t *bytes, size_t length) {
  head(major, static_cast<uint32_t>(length));
  put(bytes, length);
}

}  // namespace crosscomm
