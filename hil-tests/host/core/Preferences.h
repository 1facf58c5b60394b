#pragma once

#include "Arduino.h"

/** The non-volatile storage of an ESP32: a file of the test's, a line for each text; without one, nothing is kept. */
class Preferences {
 public:
  /** False for what was never written, where nothing is to be written. */
  bool begin(const char *name, bool isReadOnly = false);
  void end() { name_.clear(); }
  /** The length with the zero at the end; 0 if there is no such text, or no room for it. */
  size_t getString(const char *key, char *value, size_t room);
  size_t putString(const char *key, const char *value);

 private:
  std::string prefixOf(const char *key) const { return name_ + "/" + key + "="; }

  std::string name_;
  bool isReadOnly_ = false;
};
