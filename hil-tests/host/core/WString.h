#pragma once

#include <stdlib.h>

#include <string>

#include "pgmspace.h"

/** Arduino's String, with what the real ones convert from by themselves, and what only where it is written. */
class String {
 public:
  String(const char *text = "") : text_(text != nullptr ? text : "") {}
  String(const char *text, size_t length) : text_(text, length) {}
  String(const __FlashStringHelper *text) : text_(reinterpret_cast<const char *>(text)) {}
  explicit String(char c) : text_(1, c) {}
  explicit String(unsigned char number, unsigned char base = 10) : text_(digitsOf(number, base)) {}
  explicit String(int number, unsigned char base = 10) : text_(signedDigitsOf(number, base)) {}
  explicit String(unsigned int number, unsigned char base = 10) : text_(digitsOf(number, base)) {}
  explicit String(long number, unsigned char base = 10) : text_(signedDigitsOf(number, base)) {}
  explicit String(unsigned long number, unsigned char base = 10) : text_(digitsOf(number, base)) {}
  explicit String(long long number, unsigned char base = 10) : text_(signedDigitsOf(number, base)) {}
  explicit String(unsigned long long number, unsigned char base = 10) : text_(digitsOf(number, base)) {}
  explicit String(float number, unsigned int decimals = 2) : text_(decimalsOf(static_cast<double>(number), decimals)) {}
  explicit String(double number, unsigned int decimals = 2) : text_(decimalsOf(number, decimals)) {}

  const char *c_str() const { return text_.c_str(); }
  unsigned int length() const { return static_cast<unsigned int>(text_.size()); }
  bool isEmpty() const { return text_.empty(); }
  bool reserve(unsigned int) { return true; }
  char charAt(unsigned int at) const { return at < text_.size() ? text_[at] : '\0'; }
  void setCharAt(unsigned int at, char c) {
    if (at < text_.size()) text_[at] = c;
  }
  char operator[](unsigned int at) const { return charAt(at); }
  void toCharArray(char *into, unsigned int size, unsigned int from = 0) const;

#ifdef ESP8266
  explicit operator bool() const { return true; }
  // It alone may be set to a number, so that what turns into a String as well as into numbers is ambiguous there.
  String &operator=(const String &) = default;
  String &operator=(char c) { return *this = String(c); }
  String &operator=(int number) { return *this = String(number); }
  String &operator=(long number) { return *this = String(number); }
  String &operator=(double number) { return *this = String(number); }
#else
  // As on the other cores: what takes a bool takes a String, without a warning.
  typedef void (String::*Truth)() const;
  operator Truth() const { return &String::isThere; }
#endif

  /** -1 where it is not in the text. */
  int indexOf(const String &part, unsigned int from = 0) const;
  int indexOf(char c, unsigned int from = 0) const { return indexOf(String(c), from); }
  int lastIndexOf(const String &part) const;
  int lastIndexOf(char c) const { return lastIndexOf(String(c)); }
  bool startsWith(const String &part) const { return text_.compare(0, part.text_.size(), part.text_) == 0; }
  bool endsWith(const String &part) const;
  String substring(unsigned int from, unsigned int to = ~0U) const;
  long toInt() const { return strtol(c_str(), nullptr, 10); }
  float toFloat() const { return strtof(c_str(), nullptr); }
  double toDouble() const { return strtod(c_str(), nullptr); }
  void trim();
  void replace(const String &part, const String &by);
  void remove(unsigned int from, unsigned int count = ~0U);
  void toLowerCase();
  void toUpperCase();

  int compareTo(const String &other) const { return text_.compare(other.text_); }
  bool equals(const String &other) const { return text_ == other.text_; }
  bool equalsIgnoreCase(const String &other) const;
  bool operator==(const String &other) const { return equals(other); }
  bool operator==(const char *other) const { return text_ == (other != nullptr ? other : ""); }
  bool operator!=(const String &other) const { return !equals(other); }
  bool operator!=(const char *other) const { return !(*this == other); }
  bool operator<(const String &other) const { return text_ < other.text_; }
  bool operator>(const String &other) const { return text_ > other.text_; }

  bool concat(const String &other) {
    text_ += other.text_;
    return true;
  }
  bool concat(const char *other) { return concat(String(other)); }
  bool concat(const char *other, unsigned int length) {
    text_.append(other, length);
    return true;
  }
  /** A character, or a number, as the constructors take them. */
  template <typename T>
  bool concat(T value) {
    return concat(String(value));
  }
  template <typename T>
  String &operator+=(const T &value) {
    concat(value);
    return *this;
  }

 private:
  void isThere() const {}
  static std::string digitsOf(unsigned long long number, unsigned char base);
  static std::string signedDigitsOf(long long number, unsigned char base);
  static std::string decimalsOf(double number, unsigned int decimals);

  std::string text_;
};

template <typename T>
String operator+(String first, const T &second) {
  return first += second;
}
inline String operator+(const char *first, const String &second) { return String(first) += second; }
