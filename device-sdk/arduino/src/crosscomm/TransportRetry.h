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
 * When to try for a link again: after one that worked at once, else after 0.5 s and twice as long each time, up to
 * 30 s. Each wait is multiplied with a random number between 0.75 and 1.25, so that many boards do not come at once. At
 * once means half a second after the last attempt at the soonest: a link may work and end again and again.
 */
class Retry {
 public:
  bool isDue(uint32_t nowMs) const { return nowMs - triedMs_ >= delayMs_; }
  /** An attempt was made: the next is due after a wait. */
  void defer(uint32_t nowMs, Randomness &random);
  /** The link works. */
  void reset();

 private:
  uint32_t triedMs_ = 0;
  uint16_t waitMs_ = 0;
  uint16_t delayMs_ = 0;
};

}  // namespace crosscomm
