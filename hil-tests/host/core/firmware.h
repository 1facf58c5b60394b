// What runs on the board, as far as updates go.
#pragma once

#include <string>

namespace host {

/** The version that the firmware says which runs; "1.0.0" before the first update. */
std::string runningVersion();

/** Where applications of ESP-IDF say their version, and how long that may be. Those of the tests do so for an ESP8266 too. */
const size_t VERSION_AT = 48;
const size_t VERSION_BYTES = 32;
const uint8_t IMAGE_MAGIC = 0xE9;
/** As on a board with 4 MB and the usual partitions. */
const size_t PLACE_BYTES = 0x140000;

}  // namespace host
