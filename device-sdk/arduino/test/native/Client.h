// As much of Arduino's Client as the library needs.
#pragma once

#include <Arduino.h>

class Client : public Stream {
 public:
  using Print::write;
  virtual int connect(const char *host, uint16_t port) = 0;
  virtual size_t write(const uint8_t *bytes, size_t length) = 0;
  using Stream::read;
  virtual int read(uint8_t *bytes, size_t length) = 0;
  virtual void stop() = 0;
  virtual uint8_t connected() = 0;
};
