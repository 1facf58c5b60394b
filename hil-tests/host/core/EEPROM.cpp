#include "EEPROM.h"

#include <fstream>

#include "board.h"

EEPROMClass EEPROM;

void EEPROMClass::begin(size_t size) {
  // As it is when it was never written.
  bytes_.assign(size, 0xFF);
  std::ifstream file(host::storageFile(), std::ios::binary);
  for (size_t i = 0; i < size && file.good(); i++) {
    const int byte = file.get();
    if (byte >= 0) bytes_[i] = static_cast<uint8_t>(byte);
  }
}

uint8_t EEPROMClass::read(int address) const {
  const size_t at = static_cast<size_t>(address);
  return at < bytes_.size() ? bytes_[at] : 0;
}

void EEPROMClass::write(int address, uint8_t value) {
  const size_t at = static_cast<size_t>(address);
  if (at < bytes_.size()) bytes_[at] = value;
}

bool EEPROMClass::commit() {
  if (bytes_.empty() || host::storageFile().empty()) return false;
  std::ofstream file(host::storageFile(), std::ios::binary);
  for (const uint8_t byte : bytes_) file.put(static_cast<char>(byte));
  return file.good();
}

bool EEPROMClass::end() {
  bytes_.clear();
  return true;
}
