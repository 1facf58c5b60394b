#pragma once

#include "Platform.h"
#ifdef __AVR__
#include <util/crc16.h>
#endif

namespace crosscomm {

/** What a CRC-16/X-25 begins with. The checksum on the wire is the last value with all bits inverted. */
const uint16_t CRC_START = 0xFFFF;
/** What the CRC over a frame and its checksum is, if both are right. */
const uint16_t CRC_RESIDUE = 0xF0B8;

/** Adds a byte to a CRC-16/X-25. Without a table, and without a loop over bits; an AVR's own library does it in half the time. */
CROSSCOMM_FLAT inline uint16_t crcUpdate(uint16_t crc, uint8_t byte) {
#ifdef __AVR__
  return _crc_ccitt_update(crc, byte);
#else
  byte ^= static_cast<uint8_t>(crc);
  byte ^= static_cast<uint8_t>(byte << 4);
  return static_cast<uint16_t>(((static_cast<uint16_t>(byte) << 8) | (crc >> 8)) ^ static_cast<uint8_t>(byte >> 4) ^
                               (static_cast<uint16_t>(byte) << 3));
#endif
}

}  // namespace crosscomm
