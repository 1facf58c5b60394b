#include "Arduino.h"

std::string String::digitsOf(unsigned long long number, unsigned char base) {
  std::string digits;
  do {
    digits.insert(digits.begin(), "0123456789abcdefghijklmnopqrstuvwxyz"[number % base]);
  } while ((number /= base) > 0);
  return digits;
}

std::string String::signedDigitsOf(long long number, unsigned char base) {
  if (number >= 0) return digitsOf(static_cast<unsigned long long>(number), base);
  return "-" + digitsOf(0ULL - static_cast<unsigned long long>(number), base);
}

std::string String::decimalsOf(double number, unsigned int decimals) {
  char digits[400];
  snprintf(digits, sizeof digits, "%.*f", static_cast<int>(decimals), number);
  return digits;
}

void String::toCharArray(char *into, unsigned int size, unsigned int from) const {
  if (size == 0) return;
  const std::string part = from < text_.size() ? text_.substr(from, size - 1) : "";
  part.copy(into, part.size());
  into[part.size()] = 0;
}

int String::indexOf(const String &part, unsigned int from) const {
  const size_t at = text_.find(part.text_, from);
  return at == std::string::npos ? -1 : static_cast<int>(at);
}

int String::lastIndexOf(const String &part) const {
  const size_t at = text_.rfind(part.text_);
  return at == std::string::npos ? -1 : static_cast<int>(at);
}

bool String::endsWith(const String &part) const {
  return part.length() <= length() && substring(length() - part.length()) == part;
}

bool String::equalsIgnoreCase(const String &other) const { return strcasecmp(c_str(), other.c_str()) == 0; }

String String::substring(unsigned int from, unsigned int to) const {
  if (from >= to || from >= length()) return String();
  return String(text_.data() + from, min(to, length()) - from);
}

void String::trim() {
  const char *const BLANKS = " \t\r\n\v\f";
  text_.erase(0, text_.find_first_not_of(BLANKS));
  text_.erase(text_.find_last_not_of(BLANKS) + 1);
}

void String::replace(const String &part, const String &by) {
  if (part.isEmpty()) return;
  for (size_t at = 0; (at = text_.find(part.text_, at)) != std::string::npos; at += by.text_.size()) {
    text_.replace(at, part.text_.size(), by.text_);
  }
}

void String::remove(unsigned int from, unsigned int count) {
  if (from < text_.size()) text_.erase(from, count);
}

void String::toLowerCase() {
  for (char &c : text_) c = static_cast<char>(tolower(c));
}

void String::toUpperCase() {
  for (char &c : text_) c = static_cast<char>(toupper(c));
}
