#pragma once

#include <string>

#include "pgmspace.h"

/** Arduino's String. */
class String {
 public:
  String(const char *text = "") : text_(text != nullptr ? text : "") {}
  String(const char *text, size_t length) : text_(text, length) {}
  explicit String(const __FlashStringHelper *text) : text_(reinterpret_cast<const char *>(text)) {}
  explicit String(char c) : text_(1, c) {}
  explicit String(int number) : text_(std::to_string(number)) {}
  explicit String(unsigned int number) : text_(std::to_string(number)) {}
  explicit String(long number) : text_(std::to_string(number)) {}
  explicit String(unsigned long number) : text_(std::to_string(number)) {}
  explicit String(double number, unsigned int decimals = 2);

  const char *c_str() const { return text_.c_str(); }
  unsigned int length() const { return static_cast<unsigned int>(text_.size()); }
  bool isEmpty() const { return text_.empty(); }
  void reserve(unsigned int) {}
  char charAt(unsigned int at) const { return at < text_.size() ? text_[at] : '\0'; }
  char operator[](unsigned int at) const { return charAt(at); }

  /** -1 where it is not in the text. */
  int indexOf(const String &part, unsigned int from = 0) const;
  int indexOf(char c, unsigned int from = 0) const { return indexOf(String(c), from); }
  bool startsWith(const String &part) const { return text_.compare(0, part.text_.size(), part.text_) == 0; }
  bool endsWith(const String &part) const;
  String substring(unsigned int from, unsigned int to = ~0U) const;
  long toInt() const { return strtol(c_str(), nullptr, 10); }
  float toFloat() const { return strtof(c_str(), nullptr); }
  void trim();

  bool equals(const String &other) const { return text_ == other.text_; }
  bool operator==(const String &other) const { return equals(other); }
  bool operator!=(const String &other) const { return !equals(other); }

  String &operator+=(const String &other) {
    text_ += other.text_;
    return *this;
  }
  String &operator+=(char c) {
    text_ += c;
    return *this;
  }
  bool concat(const String &other) {
    text_ += other.text_;
    return true;
  }

 private:
  std::string text_;
};

inline String operator+(String first, const String &second) { return first += second; }
inline String operator+(String first, char second) { return first += second; }
