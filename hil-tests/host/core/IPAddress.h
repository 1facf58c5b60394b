#pragma once

#include "Print.h"

class IPAddress : public Printable {
 public:
  IPAddress(uint8_t a = 0, uint8_t b = 0, uint8_t c = 0, uint8_t d = 0) : bytes_{a, b, c, d} {}
  uint8_t operator[](int at) const { return bytes_[at]; }
  String toString() const;
  size_t printTo(Print &out) const override { return out.print(toString()); }

 private:
  uint8_t bytes_[4];
};
