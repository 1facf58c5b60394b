#pragma once

#include "Platform.h"

namespace crosscomm {

/** What the CRC-32 of zlib and PNG begins with. The checksum is the last value with all bits inverted. */
const uint32_t CRC32_START = 0xFFFFFFFF;

/** Adds a byte to a CRC-32. */
uint32_t crc32Update(uint32_t crc, uint8_t byte);

}  // namespace crosscomm
