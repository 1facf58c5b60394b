#pragma once
#include <stdint.h>

/* A ring of bytes. `head` and `tail` count up for ever; a full ring takes no more. */
struct ring {
  uint8_t bytes[1 << 16];
  uint32_t head, tail;
};

static unsigned ring_used(const struct ring *r) { return r->head - r->tail; }
static int ring_put(struct ring *r, uint8_t byte) {
  if (ring_used(r) == sizeof r->bytes) return 0;
  r->bytes[r->head++ % sizeof r->bytes] = byte;
  return 1;
}
static uint8_t ring_take(struct ring *r) { return r->bytes[r->tail++ % sizeof r->bytes]; }
static void ring_clear(struct ring *r) { r->tail = r->head; }
