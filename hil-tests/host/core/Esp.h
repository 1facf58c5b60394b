#pragma once

#include <stdint.h>

/** The chip. */
class EspClass {
 public:
  /** Starts the sketch anew: all memory is lost, connections are cut. */
  void restart();
  uint32_t getFreeHeap() const { return 200000; }
#ifdef ESP32
  /** The MAC address, its first byte lowest. */
  uint64_t getEfuseMac() const;
#else
  /** The last three bytes of the MAC address. */
  uint32_t getChipId() const;
  uint32_t random() const;
#endif
};

extern EspClass ESP;
