#include "TransportRetry.h"

#ifdef ESP32
extern "C" uint32_t esp_random(void);
#endif

namespace crosscomm {

namespace {
const uint16_t FIRST_WAIT_MS = 500;
const uint16_t LONGEST_WAIT_MS = 30000;
}  // namespace

uint32_t Randomness::next() {
#if defined(ESP32)
  return esp_random();
#elif defined(ESP8266)
  return ESP.random();
#else
  // Boards without a generator of their own: xorshift, stirred with the clock.
  state_ ^= micros();
  if (state_ == 0) state_ = 1;
  state_ ^= state_ << 13;
  state_ ^= state_ >> 17;
  state_ ^= state_ << 5;
  return state_;
#endif
}

void Retry::defer(uint32_t nowMs, Randomness &random) {
  if (waitMs_ == 0) {
    waitMs_ = FIRST_WAIT_MS;
  } else {
    waitMs_ = waitMs_ >= LONGEST_WAIT_MS / 2 ? LONGEST_WAIT_MS : static_cast<uint16_t>(waitMs_ * 2);
  }
  triedMs_ = nowMs;
  delayMs_ = static_cast<uint16_t>(waitMs_ - waitMs_ / 4 + random.next() % (waitMs_ / 2U + 1));
}

void Retry::reset() {
  waitMs_ = 0;
  if (delayMs_ > FIRST_WAIT_MS) delayMs_ = FIRST_WAIT_MS;
}

}  // namespace crosscomm
