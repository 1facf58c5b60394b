// What files have in common, whichever way they go.
#pragma once

#include "Platform.h"

namespace crosscomm {

/** A Chunk is so much longer than its content, at most. */
const uint8_t CHUNK_HEAD = 15;

inline uint32_t lesser(uint32_t one, uint32_t other) { return one < other ? one : other; }

/** Whether so much time has passed since `sinceMs`, the lower half of the time then. */
inline bool hasPassed(uint32_t nowMs, uint16_t sinceMs, uint16_t waitMs) {
  return static_cast<uint16_t>(static_cast<uint16_t>(nowMs) - sinceMs) >= waitMs;
}

}  // namespace crosscomm
