#pragma once

#include "Print.h"

/** Anything that can be read from as well. */
class Stream : public Print {
 public:
  virtual int available() = 0;
  /** -1 where there is nothing. */
  virtual int read() = 0;
  virtual int peek() = 0;

  /** How long the functions below wait for the next byte. */
  void setTimeout(unsigned long ms) { timeoutMs_ = ms; }
  size_t readBytes(char *bytes, size_t length);
  size_t readBytes(uint8_t *bytes, size_t length) { return readBytes(reinterpret_cast<char *>(bytes), length); }
  String readString();
  String readStringUntil(char end);

 private:
  int readInTime();

  unsigned long timeoutMs_ = 1000;
};
