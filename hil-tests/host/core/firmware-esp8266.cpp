#ifdef ESP8266

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fstream>
#include <string>

#include "Updater.h"
#include "board.h"
#include "firmware.h"

UpdaterClass Update;

namespace {

const size_t SECTOR_BYTES = 4096;
/** Stands for the memory that a restart leaves alone. */
const char *const COPY = "HOST_EBOOT_COPY";

std::string nextFile() { return host::storageFile() + ".next"; }
std::string runningFile() { return host::storageFile() + ".runs"; }

}  // namespace

bool UpdaterClass::begin(size_t size) {
  if (size_ > 0 || size == 0 || size > host::PLACE_BYTES || host::storageFile().empty()) return false;
  reset();
  hasFailed_ = false;
  std::ofstream(nextFile(), std::ios::binary | std::ios::trunc);
  size_ = size;
  return true;
}

size_t UpdaterClass::write(uint8_t *bytes, size_t length) {
  if (hasFailed_ || size_ == 0) return 0;
  if (written_ + buffer_.size() + length > size_) {
    hasFailed_ = true;
    return 0;
  }
  for (size_t i = 0; i < length; i++) {
    buffer_.push_back(static_cast<char>(bytes[i]));
    if ((buffer_.size() == SECTOR_BYTES || written_ + buffer_.size() == size_) && !flush()) return i;
  }
  return length;
}

bool UpdaterClass::flush() {
  std::ofstream file(nextFile(), std::ios::binary | std::ios::app);
  file.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  written_ += buffer_.size();
  buffer_.clear();
  hasFailed_ = !file.good();
  return !hasFailed_;
}

bool UpdaterClass::end(bool evenIfRemaining) {
  if (evenIfRemaining && size_ > 0 && !hasFailed_) {
    flush();
    size_ = written_;
  }
  bool isFine = size_ > 0 && written_ == size_ && !hasFailed_;
  if (isFine) {
    std::ifstream file(nextFile(), std::ios::binary);
    isFine = file.get() == host::IMAGE_MAGIC;
  }
  if (isFine) setenv(COPY, "1", 1);
  reset();
  return isFine;
}

void UpdaterClass::reset() {
  size_ = 0;
  written_ = 0;
  buffer_.clear();
}

extern "C" void stack_thunk_add_ref() {}
extern "C" void stack_thunk_del_ref() {}

namespace host {

void runTimers() {}

void boot() {
  if (getenv(COPY) == nullptr) return;
  unsetenv(COPY);
  rename(nextFile().c_str(), runningFile().c_str());
}

std::string runningVersion() {
  std::ifstream file(runningFile(), std::ios::binary);
  char version[VERSION_BYTES] = {};
  if (!file.seekg(VERSION_AT) || !file.read(version, sizeof version)) return "1.0.0";
  return std::string(version, strnlen(version, sizeof version));
}

}  // namespace host

#endif
