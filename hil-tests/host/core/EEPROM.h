#pragma once

#include <stddef.h>
#include <stdint.h>

#include <vector>

/** The EEPROM of an ESP8266, a part of its flash: a file of the test's; without one, nothing is kept. */
class EEPROMClass {
 public:
  void begin(size_t size);
  uint8_t read(int address) const;
  void write(int address, uint8_t value);
  bool commit();
  bool end();

 private:
  std::vector<uint8_t> bytes_;
};

extern EEPROMClass EEPROM;
