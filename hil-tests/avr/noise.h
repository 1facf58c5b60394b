/* What a line does to the bytes on it. */
#pragma once
#include <stdint.h>

/* One byte in `period` is another one; 0: none is. `state` is that of the random numbers, never 0. */
static struct {
  uint32_t period, state;
  uint64_t damaged;
} noise;

/* A byte as a UART at another baud rate takes it. Now and then something looks like a line feed there, too. */
static uint8_t garbled(uint8_t byte) { return byte == '\n' ? byte : byte ^ 0xA5; }

static uint32_t next_random(void) {
  noise.state ^= noise.state << 13;
  noise.state ^= noise.state >> 17;
  return noise.state ^= noise.state << 5;
}

/* A byte as it comes out of a line with noise. */
static uint8_t through_noise(uint8_t byte) {
  if (!noise.period || next_random() % noise.period) return byte;
  noise.damaged++;
  return byte ^ (1 + next_random() % 255);
}
