#pragma once

#include "Platform.h"

namespace crosscomm {

/** Chance, as good as the board has it. */
class Randomness {
 public:
  uint32_t next();

 private:
  uint32_t state_ = 2463534242U;
};

/**
 * When to try for a link again: at once after one that worked, then after 0.5 s and twice as long each time, up to
 * 30 s. Each wait is multiplied with a random number between 0.75 and 1.25, so that many boards do not come at once.
 */
class Retry {
 public:
  bool isDue(uint32_t nowMs) const { return waitMs_ == 0 || static_cast<int32_t>(nowMs - atMs_) >= 0; }
  /** An attempt begins or failed: the next is due after a wait. */
  void defer(uint32_t nowMs, Randomness &random);
  /** The link works: should it be lost, the next attempt is due at once. */
  void reset() { waitMs_ = 0; }

 private:
  uint32_t atMs_ = 0;
  uint16_t waitMs_ = 0;
};

}  // namespace crosscomm
