#include "Frame.h"

namespace crosscomm {

namespace {

const uint8_t FIRST_FRAME_HEAD = 0x81, LAST_FRAME_HEAD = 0x97;

/** Finds the fields of a frame that begins where `at` is; of a sequenced one those of the frame inside. */
Result scan(Scanner &at, uint8_t levels, Frame &frame) {
  Result result = at.head();
  uint8_t items = static_cast<uint8_t>(at.argument);
  if (result == Result::Ok && (at.major != Cbor::ARRAY || items == 0)) result = Result::NotAFrame;
  if (result == Result::Ok) result = at.head();
  if (result == Result::Truncated) return result;
  if (!at.isSmall()) result = Result::NotAFrame;
  frame.type = at.argument < Frame::NO_TYPE ? static_cast<uint8_t>(at.argument) : Frame::NO_TYPE;
  uint8_t place = 0;
  if (frame.type == FrameType::Sequenced && frame.sequence == nullptr && items > 2 && result == Result::Ok) {
    frame.sequence = at.at;
    result = at.item(levels);
    if (result != Result::Ok) return result;
    // Null in its place has no fields.
    if (at.at < at.end && *at.at != Cbor::NULL_HEAD) {
      result = scan(at, static_cast<uint8_t>(levels - 1), frame);
      if (result == Result::NotAFrame) result = Result::BadField;
      for (; result == Result::Ok && items > 3; items--) result = at.item(levels);
      return result;
    }
    frame.type = Frame::NO_TYPE;
    items--;
  }
  frame.count = --items;
  for (; place < Frame::KNOWN_FIELDS || place < items; place++) {
    if (place < Frame::KNOWN_FIELDS) frame.fields[place] = place < items ? at.at : at.end;
    if (place < items && result == Result::Ok) result = at.item(levels);
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

bool isFieldRight(char letter, const Value &value) {
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
    case 'f': return value.isNull();
    default: return value.exists();
  }
}

/** Checks the fields of a frame whose places are known. */
bool areFieldsRight(const Frame &frame) {
  const uint8_t type = frame.type;
  const bool isInner = frame.isSequenced() && type != FrameType::Sequenced;
  if (frame.isSequenced() && frame.sequenceNumber() == 0) return false;
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
    if (!isLeftOut && !isFieldRight(letter, field)) return false;
  }
  return true;
}

#endif

}  // namespace

CROSSCOMM_NOINLINE const uint8_t *Frame::find(uint8_t place) const {
  if (place < KNOWN_FIELDS) return fields[place];
  if (place >= count) return end;
  Scanner from(fields[KNOWN_FIELDS - 1], end);
  for (; place >= KNOWN_FIELDS; place--) from.item();
  return from.at;
}

uint8_t Frame::head(uint8_t place) const {
  const uint8_t *const where = find(place);
  return where < end ? *where : 0xFF;
}

CROSSCOMM_NOINLINE uint32_t Frame::number(uint8_t place) const {
  Scanner from(find(place), end);
  return numberAt(from);
}

CROSSCOMM_NOINLINE uint32_t Frame::number(uint8_t place, uint8_t item) const {
  Scanner from(find(place), end);
  if (from.head() != Result::Ok || from.major != Cbor::ARRAY || item >= static_cast<uint8_t>(from.argument)) return 0;
  while (item-- > 0) from.item();
  return numberAt(from);
}

CROSSCOMM_NOINLINE uint32_t Frame::sequenceNumber() const {
  Scanner from(sequence, end);
  return numberAt(from);
}

Result checkFrame(const uint8_t *bytes, size_t length, size_t maxFrame, Frame &frame, uint8_t maxDepth) {
  if (length > maxFrame) return Result::TooLarge;
  if (length == 0) return Result::Truncated;
  if (*bytes < FIRST_FRAME_HEAD || *bytes > LAST_FRAME_HEAD) return Result::NotAFrame;
  if (maxDepth > CROSSCOMM_MAX_DEPTH) maxDepth = CROSSCOMM_MAX_DEPTH;
  frame.end = bytes + length;
  frame.sequence = nullptr;
  Scanner at(bytes, frame.end);
  const Result result = scan(at, static_cast<uint8_t>(maxDepth - 1), frame);
  return result == Result::Ok && at.at != frame.end ? Result::Trailing : result;
}

Result readFrame(const uint8_t *bytes, size_t length, size_t maxFrame, const Dictionary *dictionary, Frame &frame) {
  frame.useDictionary(dictionary);
  const Result result = checkFrame(bytes, length, maxFrame, frame);
#if CROSSCOMM_CHECK_FIELDS
  if (result == Result::Ok && !areFieldsRight(frame)) return Result::BadField;
#endif
  return result;
}

}  // namespace crosscomm
