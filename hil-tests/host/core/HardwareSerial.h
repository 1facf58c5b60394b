#pragma once

#include "Stream.h"

/** The port to the computer: standard input and output, or a pseudo-terminal. */
class HardwareSerial : public Stream {
 public:
  using Print::write;
  void begin(unsigned long) {}
  operator bool() const { return true; }
  int available() override;
  int read() override;
  int peek() override;
  size_t write(uint8_t byte) override { return write(&byte, 1); }
  size_t write(const uint8_t *bytes, size_t length) override;
};

extern HardwareSerial Serial;
