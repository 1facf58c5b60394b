#include "Update.h"

#include <stdio.h>

#include <fstream>
#include <string>

#include "board.h"

UpdateClass Update;

namespace {

/** As on an ESP32 with 4 MB and the usual partitions. */
const size_t PLACE_BYTES = 0x140000;
const uint8_t MAGIC = 0xE9;
/** Where an application of ESP-IDF says its version, and how long that may be. */
const size_t VERSION_AT = 48;
const size_t VERSION_BYTES = 32;

std::string nextFile() { return host::storageFile() + ".next"; }
std::string runningFile() { return host::storageFile() + ".runs"; }

}  // namespace

bool UpdateClass::begin(size_t size) {
  if (size_ > 0 || size == 0 || size > PLACE_BYTES || host::storageFile().empty()) return false;
  std::ofstream(nextFile(), std::ios::binary | std::ios::trunc);
  size_ = size;
  written_ = 0;
  hasFailed_ = false;
  return true;
}

size_t UpdateClass::write(uint8_t *bytes, size_t length) {
  if (hasFailed_ || size_ == 0 || length > size_ - written_ || (written_ == 0 && length > 0 && bytes[0] != MAGIC)) {
    abort();
    return 0;
  }
  std::ofstream file(nextFile(), std::ios::binary | std::ios::app);
  file.write(reinterpret_cast<const char *>(bytes), static_cast<std::streamsize>(length));
  written_ += length;
  return length;
}

bool UpdateClass::end(bool evenIfRemaining) {
  if (hasFailed_ || size_ == 0) return false;
  if (written_ < size_ && !evenIfRemaining) {
    abort();
    return false;
  }
  size_ = 0;
  return rename(nextFile().c_str(), runningFile().c_str()) == 0;
}

void UpdateClass::abort() {
  size_ = 0;
  hasFailed_ = true;
}

std::string host::runningVersion() {
  std::ifstream file(runningFile(), std::ios::binary);
  char version[VERSION_BYTES] = {};
  if (!file.seekg(VERSION_AT) || !file.read(version, sizeof version)) return "1.0.0";
  return std::string(version, strnlen(version, sizeof version));
}
