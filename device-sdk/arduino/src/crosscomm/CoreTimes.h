#pragma once

#include "Platform.h"

namespace crosscomm {

// The times of section 10.
/** Waits that grow are counted in so many milliseconds. */
const uint8_t WAIT_UNIT_MS = 125;
const uint8_t FIRST_WAIT = 500 / WAIT_UNIT_MS;
const uint8_t LONGEST_HELLO_WAIT = 30000 / WAIT_UNIT_MS;
const uint8_t LONGEST_REPEAT_WAIT = 8000 / WAIT_UNIT_MS;
const uint16_t FIRST_WAIT_MS = 500;
const uint16_t LONGEST_REPEAT_WAIT_MS = 8000;
const uint16_t REFUSED_WAIT_MS = 30000;
const uint16_t PING_AFTER_MS = 10000;
const uint16_t SILENT_AFTER_MS = 30000;
/** Sooner than the 50 ms of the protocol, for loops that are slow. */
const uint8_t ACK_AFTER_MS = 20;
const uint8_t GAP_ACK_EVERY_MS = 100;
/** How often what is kept is sent again without progress. */
const uint8_t MOST_TRIES = 8;

/** How long a wait is. */
inline uint16_t waitMs(uint8_t wait) { return static_cast<uint16_t>(wait * WAIT_UNIT_MS); }

/** The wait after this one, in either unit. */
template <typename T>
T twice(T wait, T longest) {
  return wait >= longest / 2 ? longest : static_cast<T>(wait * 2);
}

/** Whether so much time has passed since `sinceMs`, the lower half of the time then. */
inline bool hasPassed(uint32_t nowMs, uint16_t sinceMs, uint16_t waitMs) {
  return static_cast<uint16_t>(static_cast<uint16_t>(nowMs) - sinceMs) >= waitMs;
}

}  // namespace crosscomm
