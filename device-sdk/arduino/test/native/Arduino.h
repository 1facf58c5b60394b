// As much of Arduino as the library needs, for tests on a computer. Time stands still unless a test moves it.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

class __FlashStringHelper;
#define PROGMEM
#define PSTR(text) (text)
#define F(text) (reinterpret_cast<const __FlashStringHelper *>(text))
#define pgm_read_byte(address) (*reinterpret_cast<const uint8_t *>(address))
#define pgm_read_dword(address) (*reinterpret_cast<const uint32_t *>(address))
#define strlen_P strlen
#define strcmp_P strcmp

extern uint32_t fakeMillis;
// Arduino's long has 32 bits.
inline uint32_t millis() { return fakeMillis; }
inline uint32_t micros() { return fakeMillis * 1000U; }

class String {
 public:
  String(const char *text = "") { add(text, strlen(text)); }
  explicit String(const __FlashStringHelper *text) : String(reinterpret_cast<const char *>(text)) {}
  String(const String &other) { add(other.text_, other.length_); }
  ~String() { free(text_); }
  String &operator=(const String &other) {
    if (this == &other) return *this;
    length_ = 0;
    return add(other.text_, other.length_);
  }
  String &operator+=(char c) { return add(&c, 1); }
  String &operator+=(const String &other) { return add(other.text_, other.length_); }
  const char *c_str() const { return text_; }
  unsigned int length() const { return length_; }

 private:
  String &add(const char *text, size_t length) {
    char *const longer = static_cast<char *>(malloc(length_ + length + 1));
    if (length_ > 0) memcpy(longer, text_, length_);
    memcpy(longer + length_, text, length);
    length_ += static_cast<unsigned int>(length);
    longer[length_] = 0;
    free(text_);
    text_ = longer;
    return *this;
  }
  char *text_ = nullptr;
  unsigned int length_ = 0;
};
inline String operator+(String first, const String &second) { return first += second; }

class Print;
class Printable {
 public:
  virtual ~Printable() {}
  virtual size_t printTo(Print &out) const = 0;
};

class Print {
 public:
  virtual ~Print() {}
  virtual size_t write(uint8_t byte) = 0;
  virtual size_t write(const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) write(bytes[i]);
    return length;
  }
  virtual int availableForWrite() { return 0; }
  size_t print(const Printable &thing) { return thing.printTo(*this); }
  size_t print(const __FlashStringHelper *text) {
    const char *const at = reinterpret_cast<const char *>(text);
    return write(reinterpret_cast<const uint8_t *>(at), strlen(at));
  }
  /** As Arduino prints it: with two digits. */
  size_t print(double number) {
    char digits[400];
    snprintf(digits, sizeof digits, "%.2f", number);
    return write(reinterpret_cast<const uint8_t *>(digits), strlen(digits));
  }
};

class Stream : public Print {
 public:
  virtual int available() = 0;
  virtual int read() = 0;
};
