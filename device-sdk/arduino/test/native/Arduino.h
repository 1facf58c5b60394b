// As much of Arduino as the library needs, for tests on a computer. Time stands still unless a test moves it.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

class __FlashStringHelper;
#define PROGMEM
#define PSTR(text) (text)
#define F(text) (reinterpret_cast<const __FlashStringHelper *>(text))
#define pgm_read_byte(address) (*reinterpret_cast<const uint8_t *>(address))
#define pgm_read_dword(address) (*reinterpret_cast<const uint32_t *>(address))
#define strlen_P strlen

extern uint32_t fakeMillis;
// Arduino's long has 32 bits.
inline uint32_t millis() { return fakeMillis; }
inline uint32_t micros() { return fakeMillis * 1000U; }

class Print {
 public:
  virtual ~Print() {}
  virtual size_t write(uint8_t byte) = 0;
  virtual int availableForWrite() { return 0; }
};

class Stream : public Print {
 public:
  virtual int available() = 0;
  virtual int read() = 0;
};
