// What the compiler leaves to the ESP8266's ROM, and qemu's lx106 has not: as much of it as the vectors need.

#include <stdint.h>
#include <string.h>

extern "C" void print(const char *text, unsigned length);
extern "C" void endProcess(int code);

namespace {

const int WIDER_BIAS = 1023 - 127;

template <typename To, typename From>
To bitsOf(From from) {
  To to;
  memcpy(&to, &from, sizeof to);
  return to;
}

/** Integers are not turned into floats here. A program that does so ends. */
float unused() {
  static const char TEXT[] = "arithmetic of floats\n";
  print(TEXT, sizeof TEXT - 1);
  endProcess(1);
  return 0;
}

}  // namespace

extern "C" {

/** Cut, not rounded: whoever asks compares, and sees that something is missing. */
float __truncdfsf2(double value) {
  const uint64_t bits = bitsOf<uint64_t>(value);
  const uint32_t sign = static_cast<uint32_t>(bits >> 32) & 0x80000000u;
  const int exponent = static_cast<int>(bits >> 52 & 0x7FF) - WIDER_BIAS;
  const uint32_t mantissa = static_cast<uint32_t>(bits >> 29) & 0x7FFFFF;
  if (exponent == 0x7FF - WIDER_BIAS) {
    return bitsOf<float>(sign | 0x7F800000u | ((bits & 0xFFFFFFFFFFFFFu) != 0 ? 0x400000u : 0));
  }
  if (exponent >= 255) return bitsOf<float>(sign | 0x7F800000u);
  if (exponent > 0) return bitsOf<float>(sign | static_cast<uint32_t>(exponent) << 23 | mantissa);
  return bitsOf<float>(exponent > -23 ? sign | (mantissa | 0x800000u) >> (1 - exponent) : sign);
}

double __extendsfdf2(float value) {
  const uint32_t bits = bitsOf<uint32_t>(value);
  const uint64_t sign = static_cast<uint64_t>(bits & 0x80000000u) << 32;
  int exponent = static_cast<int>(bits >> 23 & 0xFF);
  uint32_t mantissa = bits & 0x7FFFFF;
  if (exponent == 0 && mantissa == 0) return bitsOf<double>(sign);
  if (exponent == 255) exponent = 0x7FF - WIDER_BIAS;
  if (exponent == 0) {
    // A subnormal; it is normal in 64 bits.
    for (exponent = 1; (mantissa & 0x800000) == 0; exponent--) mantissa <<= 1;
    mantissa &= 0x7FFFFF;
  }
  return bitsOf<double>(sign | static_cast<uint64_t>(exponent + WIDER_BIAS) << 52 |
                        static_cast<uint64_t>(mantissa) << 29);
}

uint32_t __udivsi3(uint32_t number, uint32_t by) {
  uint32_t quotient = 0, rest = 0;
  for (int bit = 31; bit >= 0; bit--) {
    rest = rest << 1 | (number >> bit & 1);
    if (rest < by) continue;
    rest -= by;
    quotient |= 1u << bit;
  }
  return quotient;
}
uint32_t __umodsi3(uint32_t number, uint32_t by) { return number - __udivsi3(number, by) * by; }

float __floatunsisf(uint32_t) { return unused(); }
float __addsf3(float, float) { return unused(); }
float __subsf3(float, float) { return unused(); }
float __mulsf3(float, float) { return unused(); }
}
