#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "WString.h"

const int DEC = 10, HEX = 16, OCT = 8, BIN = 2;

class Print;

class Printable {
 public:
  virtual ~Printable() = default;
  virtual size_t printTo(Print &out) const = 0;
};

/** Anything that text and numbers can be printed to. */
class Print {
 public:
  virtual ~Print() = default;
  virtual size_t write(uint8_t byte) = 0;
  virtual size_t write(const uint8_t *bytes, size_t length);
  size_t write(const char *text) { return write(reinterpret_cast<const uint8_t *>(text), strlen(text)); }
  size_t write(const char *bytes, size_t length) { return write(reinterpret_cast<const uint8_t *>(bytes), length); }
  /** 0 where it cannot tell. */
  virtual int availableForWrite() { return 0; }
  virtual void flush() {}

  size_t print(const char *text) { return write(text); }
  size_t print(const __FlashStringHelper *text) { return write(reinterpret_cast<const char *>(text)); }
  size_t print(const String &text) { return write(text.c_str(), text.length()); }
  size_t print(const Printable &thing) { return thing.printTo(*this); }
  size_t print(char c) { return write(static_cast<uint8_t>(c)); }
  size_t print(unsigned char number, int base = DEC) { return printUnsigned(number, base); }
  size_t print(int number, int base = DEC) { return printSigned(number, base); }
  size_t print(unsigned int number, int base = DEC) { return printUnsigned(number, base); }
  size_t print(long number, int base = DEC) { return printSigned(number, base); }
  size_t print(unsigned long number, int base = DEC) { return printUnsigned(number, base); }
  size_t print(long long number, int base = DEC) { return printSigned(number, base); }
  size_t print(unsigned long long number, int base = DEC) { return printUnsigned(number, base); }
  size_t print(double number, int decimals = 2) { return print(String(number, static_cast<unsigned int>(decimals))); }
  size_t println() { return write("\r\n"); }
  template <typename T>
  size_t println(const T &value) {
    const size_t length = print(value);
    return length + println();
  }
  template <typename T>
  size_t println(const T &value, int how) {
    const size_t length = print(value, how);
    return length + println();
  }
  size_t printf(const char *format, ...) __attribute__((format(printf, 2, 3)));

 private:
  size_t printSigned(long long number, int base);
  size_t printUnsigned(unsigned long long number, int base);
};
