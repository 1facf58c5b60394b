#pragma once

#include "CborScanner.h"

namespace crosscomm {

class SlipEncoder;
class Value;

/**
 * Whether the program has a link that is no Stream. Where it never has, an AVR's compiler sees it, and leaves out what is for such
 * a link alone.
 */
#ifdef __AVR__
extern bool otherLinks;
CROSSCOMM_INLINE bool hasOtherLinks() { return otherLinks; }
#else
inline bool hasOtherLinks() { return true; }
#endif

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
  CborWriter() : CborWriter(nullptr, 0) {}
  CborWriter(uint8_t *buffer, size_t capacity) : buffer_(buffer), at_(buffer), end_(buffer + capacity) {}
  /** Into a sink, or onto a serial line, by way of the buffer, which may be of any size; flush() at the end. */
  void passTo(ByteSink &sink) { sink_ = &sink; }
  void passTo(SlipEncoder &line) { line_ = &line; }

  /** How many bytes were written, or would have been. */
  size_t length() const { return passed_ + static_cast<size_t>(at_ - buffer_); }
  bool fits() const { return passed_ == 0; }
  /** Hands on what is in the buffer. */
  void flush();

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
  /** The head of a text of that many bytes, which follow by put(). */
  void textHead(uint8_t length) { head(Cbor::TEXT, length); }
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
  uint8_t *at_;
  uint8_t *end_;
  ByteSink *sink_ = nullptr;
  SlipEncoder *line_ = nullptr;
  /** Bytes that are not in the buffer: handed on, or counted only. */
  size_t passed_ = 0;
};

}  // namespace crosscomm
