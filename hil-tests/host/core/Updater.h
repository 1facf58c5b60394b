#pragma once

#include "Arduino.h"

/**
 * The place for the next firmware of an ESP8266: free flash behind the sketch, which the boot loader copies over the sketch where end() has
 * left it word in memory that a restart leaves alone. A power cut forgets that word.
 */
class UpdaterClass {
 public:
  /** False where there is no room, or one is under way. */
  bool begin(size_t size);
  /** How many bytes were taken: none once something failed, nor where it would be more than begin() was told. */
  size_t write(uint8_t *bytes, size_t length);
  /** False, and nothing is left of it, where it is not all there, something failed, or it does not begin as firmware does. */
  bool end(bool evenIfRemaining = false);
  bool isRunning() const { return size_ > 0; }
  bool isFinished() const { return written_ == size_; }
  bool hasError() const { return hasFailed_; }
  size_t progress() const { return written_; }

 private:
  void reset();
  bool flush();

  size_t size_ = 0;
  /** What is in the flash; the rest of what was taken is in the buffer. */
  size_t written_ = 0;
  std::string buffer_;
  bool hasFailed_ = false;
};

extern UpdaterClass Update;
