#pragma once

#include "Arduino.h"

/**
 * The place for the next firmware of an ESP32, beside the one that runs: a file of the test's. What is written is nothing to the
 * boot loader until end(); then the next start runs it. Without such a file, there is no room.
 */
class UpdateClass {
 public:
  /** False where it is larger than the place, or one is under way. */
  bool begin(size_t size);
  /** How many bytes of it are written: none once something failed, nor where it does not begin as firmware does. */
  size_t write(uint8_t *bytes, size_t length);
  /** False where it is not all there. */
  bool end(bool evenIfRemaining = false);
  void abort();
  bool hasError() const { return hasFailed_; }

 private:
  size_t size_ = 0;
  size_t written_ = 0;
  bool hasFailed_ = false;
};

extern UpdateClass Update;

namespace host {

/** The version that the firmware says which runs; "1.0.0" before the first update. */
std::string runningVersion();

}  // namespace host
