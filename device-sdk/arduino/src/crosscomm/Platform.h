// What differs between boards: how functions are compiled, and text in flash. Config.h has the settings.
#pragma once

#include <Arduino.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "Config.h"

// An AVR's compiler makes one large function of all that is called once, and runs out of registers in it. It copies a
// function's end, which restores up to 18 registers, to each call that comes last; and tables for switches bring code.
#ifdef __AVR__
#define CROSSCOMM_NOINLINE __attribute__((noinline, noclone, optimize("no-optimize-sibling-calls", "no-jump-tables")))
// The same, with what it calls in itself.
#define CROSSCOMM_FLAT __attribute__((noinline, noclone, flatten))
// Where a call costs more than what it does.
#define CROSSCOMM_INLINE __attribute__((always_inline)) inline
#else
#define CROSSCOMM_NOINLINE
#define CROSSCOMM_FLAT
#define CROSSCOMM_INLINE inline
#endif

// Before what has no effect but its result: it is not called where nobody uses that.
#define CROSSCOMM_PURE __attribute__((pure))

// Before what all objects of a program share on an AVR, where it costs nothing in a sketch that does not use it.
#ifdef __AVR__
#define CROSSCOMM_SHARED static
#else
#define CROSSCOMM_SHARED
#endif

namespace crosscomm {

#ifdef __AVR__
/** Another number at each start: it is in memory that a reset leaves alone, and an AVR has no other chance. */
extern uint16_t starts;
#endif

/** Text in flash, as F() makes it. Serial.print and Builder::add take it. */
typedef __FlashStringHelper FlashText;

}  // namespace crosscomm
