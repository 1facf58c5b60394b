// What CrossCommOta.h uses of the core's class.
#pragma once

#include <stddef.h>
#include <stdint.h>

class UpdaterClass {
 public:
  bool begin(size_t size);
  size_t write(uint8_t *bytes, size_t length);
  bool end(bool evenIfRemaining = false);
  bool isFinished();
};

extern UpdaterClass Update;
