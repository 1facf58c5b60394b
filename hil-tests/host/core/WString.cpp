#include "Arduino.h"

String::String(double number, unsigned int decimals) {
  char digits[64];
  snprintf(digits, sizeof digits, "%.*f", static_cast<int>(decimals), number);
  text_ = digits;
}

int String::indexOf(const String &part, unsigned int from) const {
  const size_t at = text_.find(part.text_, from);
  return at == std::string::npos ? -1 : static_cast<int>(at);
}

bool String::endsWith(const String &part) const {
  return part.length() <= length() && substring(length() - part.length()) == part;
}

String String::substring(unsigned int from, unsigned int to) const {
  if (from >= to || from >= length()) return String();
  return String(text_.data() + from, min(to, length()) - from);
}

void String::trim() {
  const char *const BLANKS = " \t\r\n\v\f";
  text_.erase(0, text_.find_first_not_of(BLANKS));
  text_.erase(text_.find_last_not_of(BLANKS) + 1);
}
