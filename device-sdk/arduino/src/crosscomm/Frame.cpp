#include "Frame.h"

namespace crosscomm {

namespace {

const uint8_t FIRST_FRAME_HEAD = 0x81, LAST_FRAME_HEAD = 0x97;

/** Finds the fields of a frame that begins where `at` is. */
CROSSCOMM_NOINLINE Result scan(Scanner &at, uint8_t levels, Frame &frame) {
  Result result = at.head();
  uint8_t items = static_cast<uint8_t>(at.argument);
  if (result == Result::Ok && at.major != Cbor::ARRAY) result = Result::NotAFrame;
  if (result == Result::Ok) result = at.head();
  if (result == Result::Truncated) return result;
  if (!at.isSmall()) result = Result::NotAFrame;
  frame.type = at.argument < Frame::NO_TYPE ? static_cast<uint8_t>(at.argument) : Frame::NO_TYPE;
  for (uint8_t place = 0; place < Frame::MOST_FIELDS || items > 1; place++) {
    if (place < Frame::MOST_FIELDS) frame.fields[place] = items > 1 ? at.at : at.end;
    if (items <= 1) continue;
    items--;
    if (result == Result::Ok) result = at.item(levels);
  }
  return result;
}

CROSSCOMM_NOINLINE uint32_t numberAt(Scanner &at) {
  return at.head() == Result::Ok && at.major == Cbor::UNSIGNED && !at.isWide ? at.argument : 0;
}

#if CROSSCOMM_CHECK_FIELDS

const uint8_t WIDTH = 9;
const uint8_t ROWS = 17;

// The fields that a device reads of the frames that come down, a row for each type from 0 to 15 and one for receipts, a
// letter a field; those after the ? may be left out or null. u: 32 bits, n: the same and not 0, h: 16 bits, t: text,
// T: text and not empty, b: bool, v: any value, a: array, c: clients, l: limits, o: alias, name or null, f: frame or
// null. * stands for a type that only goes up.
const char FIELDS[ROWS][WIDTH] PROGMEM = {
    "*", "nnuubl?b", "h?ta", "?ht", "?u", "?u", "h", "h", "ov?T", "nf", "u", "h", "*", "c?b", "uoT?vT", "uv?ht", "nu?h",
};

const uint8_t RECEIPT_ROW = 16;

bool isUnsigned(const Value &value, uint32_t least, uint32_t most) {
  const uint32_t number = value.plainUnsigned(0);
  // What is no such number reads as either otherwise.
  return number >= least && number <= most && number == value.plainUnsigned(1);
}

bool isName(const Value &value) { return value.isText() && value.size() > 0; }

/** An array of pairs: a client's id, and whether it is online. */
bool isClients(const Value &list) {
  if (list.type() != Type::Array) return false;
  const int size = static_cast<int>(list.size());
  for (int i = 0; i < size; i++) {
    if (!isName(list.item(i).item(0)) || list.item(i).item(1).type() != Type::Bool) return false;
  }
  return true;
}

bool isLimits(const Value &limits) {
  for (int i = 0; i < 4; i++) {
    if (!isUnsigned(limits.item(i), 0, 0xFFFFFFFFUL)) return false;
  }
  return limits.type() == Type::Array;
}

bool isInnerRight(const Frame &sequenced);

bool isFieldRight(char letter, const Value &value, const Frame &frame) {
  switch (letter) {
    case 'u': return isUnsigned(value, 0, 0xFFFFFFFFUL);
    case 'n': return isUnsigned(value, 1, 0xFFFFFFFFUL);
    case 'h': return isUnsigned(value, 0, 0xFFFF);
    case 't': return value.isText();
    case 'T': return isName(value);
    case 'b': return value.type() == Type::Bool;
    case 'a': return value.type() == Type::Array;
    case 'c': return isClients(value);
    case 'l': return isLimits(value);
    case 'o': return value.isNull() || isName(value) || isUnsigned(value, 0, 0xFFFF);
    case 'f': return value.isNull() || isInnerRight(frame);
    default: return value.exists();
  }
}

/** Checks the fields of a frame whose places are known. */
bool areFieldsRight(const Frame &frame, bool isInner) {
  const uint8_t type = frame.type;
  const bool isData = type == FrameType::Message || (type >= FrameType::ListClients && type <= FrameType::Reply);
  const bool isReserved = type > FrameType::Reply && type != FrameType::Log && type != FrameType::Receipt;
  if (isInner && !isData && !isReserved) return false;
  const uint8_t row = type == FrameType::Receipt ? RECEIPT_ROW : type < RECEIPT_ROW ? type : 0;
  bool mayBeLeftOut = false;
  uint8_t place = 0;
  for (uint8_t column = 0; column < WIDTH; column++) {
    const char letter = static_cast<char>(pgm_read_byte(&FIELDS[row][column]));
    if (letter == 0 || letter == '*') break;
    if (letter == '?') {
      mayBeLeftOut = true;
      continue;
    }
    const Value field = frame.field(place++);
    const bool isLeftOut = mayBeLeftOut && (!field.exists() || field.isNull());
    if (!isLeftOut && !isFieldRight(letter, field, frame)) return false;
  }
  return true;
}

bool isInnerRight(const Frame &sequenced) {
  Frame inner = sequenced;
  inner.enter();
  const Value items = sequenced.field(1);
  const uint32_t type = items.item(0).plainUnsigned(0x10000);
  return items.type() == Type::Array && type <= 0xFFFF && areFieldsRight(inner, true);
}

#endif

}  // namespace

CROSSCOMM_NOINLINE uint8_t Frame::head(uint8_t place) const { return fields[place] < end ? *fields[place] : 0xFF; }

CROSSCOMM_NOINLINE uint32_t Frame::number(uint8_t place) const {
  Scanner at(fields[place], end);
  return numberAt(at);
}

CROSSCOMM_NOINLINE uint32_t Frame::number(uint8_t place, uint8_t item) const {
  Scanner at(fields[place], end);
  if (at.head() != Result::Ok || at.major != Cbor::ARRAY || item >= at.argument) return 0;
  while (item-- > 0) at.item();
  return numberAt(at);
}

CROSSCOMM_NOINLINE void Frame::enter() {
  Scanner at(fields[1], end);
  if (scan(at, CROSSCOMM_MAX_DEPTH, *this) != Result::Ok) type = NO_TYPE;
}

CROSSCOMM_NOINLINE Result checkFrame(const uint8_t *bytes, size_t length, size_t maxFrame, Frame &frame,
                                     uint8_t maxDepth) {
  if (length > maxFrame) return Result::TooLarge;
  if (length == 0) return Result::Truncated;
  if (*bytes < FIRST_FRAME_HEAD || *bytes > LAST_FRAME_HEAD) return Result::NotAFrame;
  if (maxDepth > CROSSCOMM_MAX_DEPTH) maxDepth = CROSSCOMM_MAX_DEPTH;
  frame.end = bytes + length;
  Scanner at(bytes, frame.end);
  const Result result = scan(at, static_cast<uint8_t>(maxDepth - 1), frame);
  return result == Result::Ok && at.at != frame.end ? Result::Trailing : result;
}

Result readFrame(const uint8_t *bytes, size_t length, size_t maxFrame, const Dictionary *dictionary, Frame &frame) {
  frame.dictionary = dictionary;
  const Result result = checkFrame(bytes, length, maxFrame, frame);
#if CROSSCOMM_CHECK_FIELDS
  if (result == Result::Ok && !areFieldsRight(frame, false)) return Result::BadField;
#endif
  return result;
}

}  // namespace crosscomm
