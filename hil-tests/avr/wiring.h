/* What is wired to the chip's pins. */
#pragma once
#include "sim_avr.h"

/* Prints an event whenever the pin `bit` of port B changes, which the board's lamp hangs on. */
void watch_led(avr_t *avr, int bit);

/* Wires a shift register of 16 bits to an Uno's pins 10 (latch), 11 (clock) and 12 (data); prints what it shows. */
void wire_shift_register(avr_t *avr);

/* Wires a pin to ground or to the supply, which wins over the chip's own pull-up. */
void wire_pin(avr_t *avr, char port, unsigned bit, int value);

/* Has every pin tell its level anew after a reset: simavr clears their registers, and would not hear of levels that are the same. */
void rewire_pins(avr_t *avr);
