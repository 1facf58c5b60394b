#include "FileChecksum.h"

namespace crosscomm {

namespace {
/** What four bits add. A whole byte's table would have 1 KB. */
const uint32_t OF_BITS[16] PROGMEM = {
    0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
    0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
};
}  // namespace

CROSSCOMM_NOINLINE uint32_t crc32Update(uint32_t crc, uint8_t byte) {
  crc ^= byte;
  for (uint8_t half = 2; half > 0; half--) crc = crc >> 4 ^ pgm_read_dword(&OF_BITS[crc & 0xF]);
  return crc;
}

}  // namespace crosscomm
