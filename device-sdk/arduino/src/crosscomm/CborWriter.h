#pragma once

#include "CborScanner.h"

namespace crosscomm {

class Value;

/** Where bytes of a frame go. */
class ByteSink {
 public:
  virtual void put(uint8_t byte) = 0;

 protected:
  ~ByteSink() {}
};

/**
 * Writes CBOR, each head and float in its shortest form, into a buffer of the caller's or into a sink. What does not
 * fit is counted and not written: length() is then more than the capacity, and tells what would be needed.
 */
class CborWriter {
 public:
  /** Counts only. */
  CborWriter() : buffer_(nullptr), capacity_(0), sink_(nullptr) {}
  CborWriter(uint8_t *buffer, size_t capacity) : buffer_(buffer), capacity_(capacity), sink_(nullptr) {}
  explicit CborWriter(ByteSink &sink) : buffer_(nullptr), capacity_(0), sink_(&sink) {}

  /** How many bytes were written, or would have been. */
  size_t length() const { return length_; }
  bool fits() const { return length_ <= capacity_; }
  /** Begins again, into a sink. */
  void restart(ByteSink &sink) {
    sink_ = &sink;
    length_ = 0;
  }

  /** The head of an array of `count` items, which follow. */
  void array(uint32_t count) { shortHead(Cbor::ARRAY, count); }
  /** The head of a map of `count` pairs: key, value, key, value ... */
  void map(uint32_t count) { shortHead(Cbor::MAP, count); }
  void unsignedInteger(uint32_t value) { shortHead(Cbor::UNSIGNED, value); }
  void integer(int32_t value);
  void unsignedInteger64(uint64_t value);
  void integer64(int64_t value);
  void floating(float value);
  /** On boards whose double has four bytes the same as with a float. */
  void floating(double value);
  void boolean(bool value) { put(value ? 0xF5 : 0xF4); }
  void null() { put(0xF6); }
  void text(const char *text);
  void text(const char *text, size_t length) { string(Cbor::TEXT, reinterpret_cast<const uint8_t *>(text), length); }
  void text(const FlashText *text);
  /** A text of one character. One beyond ASCII is taken as of Latin-1. */
  void character(char character);
  /** The text that a function prints; it is called twice, to count and to write. */
  void printed(void (*print)(Print &out, const void *thing), const void *thing);
  /** What came in a frame, as it is; null where there is none. */
  void item(const Value &value);
  void bytes(const uint8_t *bytes, size_t length) { string(Cbor::BYTES, bytes, length); }

  /** A value of any type that it has a form for. */
  void value(bool value) { boolean(value); }
  void value(int value) { this->value(static_cast<long>(value)); }
  void value(unsigned value) { this->value(static_cast<unsigned long>(value)); }
  void value(long value) { sizeof(long) > 4 ? integer64(value) : integer(static_cast<int32_t>(value)); }
  void value(unsigned long value) {
    sizeof(long) > 4 ? unsignedInteger64(value) : unsignedInteger(static_cast<uint32_t>(value));
  }
  void value(long long value) { integer64(value); }
  void value(unsigned long long value) { unsignedInteger64(value); }
  void value(float value) { floating(value); }
  void value(double value) { floating(value); }
  void value(const char *value) {
    // On an AVR, where nothing is wrong with reading there, the check would cost each sketch that sends a text.
    if (sizeof value > 2 && value == nullptr) return null();
    text(value);
  }
  void value(const FlashText *value) { text(value); }
  /** Any other pointer would be taken as a bool. */
  void value(const void *value) = delete;

  /** A byte as it is, of CBOR that was made elsewhere. */
  void put(uint8_t byte);
  void put(const uint8_t *bytes, size_t length);

 private:
  /** A head whose argument the compiler mostly knows, which makes the call short. */
  void shortHead(uint8_t major, uint32_t value) {
    if (__builtin_constant_p(value) && value < 24) return put(static_cast<uint8_t>(major | value));
    head(major, value);
  }
  void head(uint8_t major, uint32_t value);
  void head64(uint8_t major, uint64_t value);
  void string(uint8_t major, const uint8_t *bytes, size_t length);
  void number(uint32_t value, uint8_t size);

  uint8_t *buffer_;
  size_t capacity_;
  ByteSink *sink_;
  size_t length_ = 0;
};

}  // namespace crosscomm
