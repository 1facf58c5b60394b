#pragma once

#include "Platform.h"

namespace crosscomm {

// The times of section 10.
const uint16_t FIRST_WAIT_MS = 500;
const uint16_t LONGEST_HELLO_WAIT_MS = 30000;
const uint16_t LONGEST_REPEAT_WAIT_MS = 8000;
const uint16_t REFUSED_WAIT_MS = 30000;
const uint16_t PING_AFTER_MS = 10000;
const uint16_t SILENT_AFTER_MS = 30000;
/** Sooner than the 50 ms of the protocol, for loops that are slow. */
const uint8_t ACK_AFTER_MS = 20;
const uint8_t GAP_ACK_EVERY_MS = 100;
/** How often what is kept is sent again without progress. */
const uint8_t MOST_TRIES = 8;

/** The wait after this one. */
inline uint16_t twice(uint16_t waitMs, uint16_t longestMs) {
  return waitMs >= longestMs / 2 ? longestMs : static_cast<uint16_t>(waitMs * 2);
}

/** Whether so much time has passed since `sinceMs`, the lower half of the time then. */
inline bool hasPassed(uint32_t nowMs, uint16_t sinceMs, uint16_t waitMs) {
  return static_cast<uint16_t>(static_cast<uint16_t>(nowMs) - sinceMs) >= waitMs;
}

}  // namespace crosscomm
