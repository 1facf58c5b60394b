#include "Print.h"

#include <stdarg.h>
#include <stdio.h>

size_t Print::write(const uint8_t *bytes, size_t length) {
  size_t written = 0;
  while (written < length && write(bytes[written]) == 1) written++;
  return written;
}

size_t Print::printSigned(long long number, int base) {
  if (number >= 0 || base != DEC) return printUnsigned(static_cast<unsigned long long>(number), base);
  const size_t sign = print('-');
  return sign + printUnsigned(0ULL - static_cast<unsigned long long>(number), base);
}

size_t Print::printUnsigned(unsigned long long number, int base) {
  char digits[8 * sizeof number];
  size_t at = sizeof digits;
  do {
    digits[--at] = "0123456789ABCDEF"[number % static_cast<unsigned int>(base)];
    number /= static_cast<unsigned int>(base);
  } while (number > 0);
  return write(digits + at, sizeof digits - at);
}

size_t Print::printf(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char text[512];
  const int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return length < 0 ? 0 : write(text, strlen(text));
}
