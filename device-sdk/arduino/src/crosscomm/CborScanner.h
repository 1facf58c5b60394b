#pragma once

#include "Result.h"

namespace crosscomm {

/** CBOR's major types, where they are in a head, and the lower five bits of its simple values. */
namespace Cbor {
const uint8_t UNSIGNED = 0x00, NEGATIVE = 0x20, BYTES = 0x40, TEXT = 0x60, ARRAY = 0x80, MAP = 0xA0, TAG = 0xC0,
              SIMPLE = 0xE0;
const uint8_t FALSE_INFO = 20, TRUE_INFO = 21, NULL_INFO = 22, HALF = 25, SINGLE = 26, DOUBLE = 27;
const uint8_t TRUE_HEAD = SIMPLE | TRUE_INFO, NULL_HEAD = SIMPLE | NULL_INFO;
}  // namespace Cbor

/** Walks over CBOR that nobody has checked yet, and never beyond its end. */
struct Scanner {
  Scanner(const uint8_t *at, const uint8_t *end) : at(at), end(end) {}

  /** Reads a head and moves behind it. */
  Result head();
  /** Passes a whole item that nests at most `levels` deep, keys of maps checked. Then the head is that of its last part. */
  Result item(uint8_t levels = CROSSCOMM_MAX_DEPTH);
  /** Whether the head is that of an unsigned integer of at most 16 bits. */
  bool isSmall() const { return major == Cbor::UNSIGNED && !isWide && argument <= 0xFFFF; }
  /** How many bytes are left. */
  size_t rest() const { return static_cast<size_t>(end - at); }

  const uint8_t *at;
  const uint8_t *end;
  // What head() has read.
  uint8_t major;
  /** The lower five bits of the first byte. */
  uint8_t info;
  /** The argument has more than 32 bits; its upper half is in the bytes before `at`. */
  bool isWide;
  uint32_t argument;

 private:
  /** The rest of head(), for arguments that are in bytes of their own; of item(), for all that has content. */
  Result wideArgument();
  Result content(uint8_t levels);
  /** item(), where each cycle counts. */
  Result itemInline(uint8_t levels);
};

}  // namespace crosscomm
