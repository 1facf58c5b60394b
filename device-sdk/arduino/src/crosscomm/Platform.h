// What differs between boards, in one place: flash memory, and how large the small things are.
#pragma once

#include <Arduino.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// How deep values may be nested, the frame itself counted. The protocol asks for 8 at least.
#ifndef CROSSCOMM_MAX_DEPTH
#ifdef __AVR__
#define CROSSCOMM_MAX_DEPTH 8
#else
#define CROSSCOMM_MAX_DEPTH 16
#endif
#endif

// Whether the fields of each frame are checked for their types, which takes 1 KB of flash. Without, a field of a wrong
// type reads as nothing, and nothing can be read beyond a frame in either case.
#ifndef CROSSCOMM_CHECK_FIELDS
#ifdef __AVR__
#define CROSSCOMM_CHECK_FIELDS 0
#else
#define CROSSCOMM_CHECK_FIELDS 1
#endif
#endif

// How many calls of functions elsewhere may wait for their answer at the same time.
#ifndef CROSSCOMM_MAX_CALLS
#define CROSSCOMM_MAX_CALLS 2
#endif

// The largest frame that the device takes, without what the wire adds, and the room for frames on their way out.
#ifndef CROSSCOMM_MAX_FRAME
#ifdef __AVR__
#define CROSSCOMM_MAX_FRAME 96
#else
#define CROSSCOMM_MAX_FRAME 1024
#endif
#endif
#ifndef CROSSCOMM_OUTBOX
#ifdef __AVR__
#define CROSSCOMM_OUTBOX 128
#else
#define CROSSCOMM_OUTBOX 4096
#endif
#endif

// How many channels and services a sketch names with on(), channel() and offer().
#ifndef CROSSCOMM_MAX_CHANNELS
#define CROSSCOMM_MAX_CHANNELS 6
#endif

// How much of a file goes in one chunk, and how many chunks are kept that the gateway does not have yet: the more, the
// better a link is used whose answers take their time.
#ifndef CROSSCOMM_FILE_CHUNK
#ifdef __AVR__
#define CROSSCOMM_FILE_CHUNK 128
#else
#define CROSSCOMM_FILE_CHUNK 512
#endif
#endif
#ifndef CROSSCOMM_FILE_CHUNKS
#ifdef __AVR__
#define CROSSCOMM_FILE_CHUNKS 2
#else
#define CROSSCOMM_FILE_CHUNKS 8
#endif
#endif

// An AVR's compiler makes one large function of all that is called once, and runs out of registers in it. It copies a
// function's end, which restores up to 18 registers, to each call that comes last; and tables for switches bring code.
#ifdef __AVR__
#define CROSSCOMM_NOINLINE \
  __attribute__((noinline, noclone, optimize("no-optimize-sibling-calls", "no-jump-tables")))
// Where a call costs more than what it does.
#define CROSSCOMM_INLINE __attribute__((always_inline)) inline
#else
#define CROSSCOMM_NOINLINE
#define CROSSCOMM_INLINE inline
#endif

// What differs a little between two starts, where there is such a thing.
#ifndef CROSSCOMM_NOISE
#ifdef __AVR__
#define CROSSCOMM_NOISE() (crosscomm::starts += static_cast<uint16_t>(millis()) | 1)
#else
#define CROSSCOMM_NOISE() static_cast<uint16_t>(micros())
#endif
#endif

namespace crosscomm {

#ifdef __AVR__
/** Another number at each start: it is in memory that a reset leaves alone, and an AVR has no other chance. */
extern uint16_t starts;
#endif

/** Text in flash, as F() makes it. Serial.print and Builder::add take it. */
typedef __FlashStringHelper FlashText;

}  // namespace crosscomm
