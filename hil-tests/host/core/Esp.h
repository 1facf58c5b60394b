#pragma once

#include <stdint.h>

/** The chip. */
class EspClass {
 public:
  /** Starts the sketch anew: all memory is lost, connections are cut. */
  void restart();
  uint32_t getFreeHeap() const { return 200000; }
#ifdef ESP32
  uint64_t getEfuseMac() const { return 0x01000AC40A24ULL; }
#else
  uint32_t getChipId() const { return 0x000AC401; }
  uint32_t random() const;
#endif
};

extern EspClass ESP;
