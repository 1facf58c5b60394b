#include "CborScanner.h"

namespace crosscomm {

using namespace Cbor;

CROSSCOMM_NOINLINE Result Scanner::head() {
  if (at >= end) return Result::Truncated;
  const uint8_t first = *at++;
  major = first & 0xE0;
  info = first & 0x1F;
  argument = info;
  isWide = false;
  if (info > DOUBLE || major == TAG) return Result::Unsupported;
  if (major == SIMPLE && (info < FALSE_INFO || (info > NULL_INFO && info < HALF))) return Result::Unsupported;
  return info < 24 ? Result::Ok : wideArgument();
}

CROSSCOMM_NOINLINE Result Scanner::wideArgument() {
  uint8_t size = 1;
  for (uint8_t i = info; i > 24; i--) size = static_cast<uint8_t>(size * 2);
  if (rest() < size) return Result::Truncated;
  if (size == 8 && major == NEGATIVE && (*at & 0x80) != 0) return Result::Unsupported;
  const uint8_t *byte = at;
  at += size;
  if (size == 8) {
    isWide = (byte[0] | byte[1] | byte[2] | byte[3]) != 0;
    byte += 4;
  }
  uint32_t value = 0;
  while (byte < at) value = value << 8 | *byte++;
  argument = value;
  return Result::Ok;
}

CROSSCOMM_INLINE Result Scanner::itemInline(uint8_t levels) {
  const Result result = head();
  return result != Result::Ok || major < BYTES || major > MAP ? result : content(levels);
}

CROSSCOMM_NOINLINE Result Scanner::item(uint8_t levels) { return itemInline(levels); }

CROSSCOMM_NOINLINE Result Scanner::content(uint8_t levels) {
  Result result = Result::Ok;
  if (isWide || argument > rest()) return Result::Truncated;
  size_t count = static_cast<size_t>(argument);
  if (major < ARRAY) {
    at += count;
    return result;
  }
  const bool isMap = major == MAP;
  if (isMap && count > rest() / 2) return Result::Truncated;
  if (levels == 0) return Result::TooDeep;
  // The recursion ends with the levels: its stack does not grow with the input.
  for (levels--; result == Result::Ok && count > 0; count--) {
    if (isMap) {
      result = itemInline(0);
      if (result == Result::TooDeep || (result == Result::Ok && major != TEXT && !isSmall())) return Result::BadKey;
      if (result != Result::Ok) return result;
    }
    result = itemInline(levels);
  }
  return result;
}

}  // namespace crosscomm
