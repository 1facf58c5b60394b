#include "wiring.h"

#include <stdio.h>

#include "avr_ioport.h"
#include "sim_time.h"

/* Bits of an Uno's port B: its pins 10 to 12. */
enum { SHIFT_LATCH = 2, SHIFT_CLOCK, SHIFT_DATA };

static void on_led(struct avr_irq_t *irq, uint32_t value, void *param) {
  avr_t *avr = param;
  unsigned long long us = avr_cycles_to_usec(avr, avr->cycle);
  printf("{\"event\":\"pin\",\"pin\":\"LED\",\"value\":%u,\"us\":%llu}\n", value, us);
}

void watch_led(avr_t *avr, int bit) {
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('B'), bit), on_led, avr);
}

/* A shift register takes a bit when its clock rises, and shows what it has when its latch does. */
static void on_shift_pin(struct avr_irq_t *irq, uint32_t value, void *param) {
  static unsigned bits, data, clock = 1, latch = 1;
  switch ((uintptr_t)param) {
    case SHIFT_DATA: data = value; break;
    case SHIFT_CLOCK:
      if (value && !clock) bits = (bits << 1 | data) & 0xffff;
      clock = value;
      break;
    case SHIFT_LATCH:
      if (value && !latch) printf("{\"event\":\"shift\",\"bits\":%u}\n", bits);
      latch = value;
      break;
  }
}

void wire_shift_register(avr_t *avr) {
  for (uintptr_t bit = SHIFT_LATCH; bit <= SHIFT_DATA; bit++)
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('B'), bit), on_shift_pin, (void *)bit);
}

void wire_pin(avr_t *avr, char port, unsigned bit, int value) {
  static avr_ioport_external_t wired['L' - 'A' + 1];
  avr_ioport_external_t *pins = &wired[port - 'A'];
  avr_irq_t *pin = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(port), bit);
  if (!pin) return;
  pins->name = port;
  pins->mask |= 1u << bit;
  pins->value = value ? pins->value | 1u << bit : pins->value & ~(1u << bit);
  avr_ioctl(avr, AVR_IOCTL_IOPORT_SET_EXTERNAL(port), pins);
  avr_raise_irq(pin, value);
}

void rewire_pins(avr_t *avr) {
  for (char port = 'A'; port <= 'L'; port++) {
    for (int bit = 0; bit < 8; bit++) {
      avr_irq_t *pin = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(port), bit);
      if (pin) pin->flags |= IRQ_FLAG_INIT;
    }
  }
}
