// A Client for measurements: a modem on the serial port that is always connected.
#pragma once

#include <Client.h>

class SerialClient : public Client {
 public:
  int connect(IPAddress, uint16_t) override { return 1; }
  int connect(const char *, uint16_t) override { return 1; }
  size_t write(uint8_t byte) override { return Serial.write(byte); }
  size_t write(const uint8_t *bytes, size_t length) override { return Serial.write(bytes, length); }
  int available() override { return Serial.available(); }
  int read() override { return Serial.read(); }
  int read(uint8_t *bytes, size_t length) override { return static_cast<int>(Serial.readBytes(bytes, length)); }
  int peek() override { return Serial.peek(); }
  void flush() override {}
  void stop() override {}
  uint8_t connected() override { return 1; }
  operator bool() override { return true; }
};
