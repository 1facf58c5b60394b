// What files have in common, whichever way they go.
#pragma once

#include "Platform.h"

namespace crosscomm {

/** A Chunk is so much longer than its content, at most. */
const uint8_t CHUNK_HEAD = 15;

inline uint32_t lesser(uint32_t one, uint32_t other) { return one < other ? one : other; }

}  // namespace crosscomm
