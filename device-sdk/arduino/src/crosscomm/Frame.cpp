#include "Frame.h"

namespace crosscomm {

namespace {

bool readFields(const Value &items, bool isInner, Frame &frame);

#if CROSSCOMM_CHECK_FIELDS

const uint8_t WIDTH = 9;
const uint8_t ROWS = 17;

// The fields that a device reads of the frames that come down, a row for each type from 0 to 15 and one for receipts, a
// letter a field; those after the ? may be left out or null. u: 32 bits, n: the same and not 0, h: 16 bits, t: text,
// T: text and not empty, b: bool, v: any value, a: array, c: clients, l: limits, o: alias, name or null, f: frame or
// null. * stands for a type that only goes up.
const char FIELDS[ROWS][WIDTH] PROGMEM = {
    "*",  "nnuubl?b", "h?ta", "?ht", "?u", "?u",  "h",      "h",     "ov?T",
    "nf", "u",        "h",    "*",   "c?b", "uoT?vT", "uv?ht", "nu?h",
};

const uint8_t RECEIPT_ROW = 16;

bool isUnsigned(const Value &value, uint32_t least, uint32_t most) {
  const uint32_t number = value.toUnsigned();
  // What is no such number reads as either otherwise.
  return number >= least && number <= most && number == value.toUnsigned(1);
}

bool isName(const Value &value) { return value.isText() && value.size() > 0; }

/** An array of pairs: a client's id, and whether it is online. */
bool isClients(const Value &list) {
  if (list.type() != Type::Array) return false;
  const int size = static_cast<int>(list.size());
  for (int i = 0; i < size; i++) {
    if (!isName(list[i][0]) || list[i][1].type() != Type::Bool) return false;
  }
  return true;
}

bool isLimits(const Value &limits) {
  for (int i = 0; i < 4; i++) {
    if (!isUnsigned(limits[i], 0, 0xFFFFFFFFUL)) return false;
  }
  return limits.type() == Type::Array;
}

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
    case 'f': {
      Frame inner = frame;
      return value.isNull() || readFields(value, true, inner);
    }
    default: return value.exists();
  }
}

/** Checks the fields of a frame whose places are known. */
bool areFieldsRight(const Frame &frame, bool isInner) {
  const uint16_t type = frame.type;
  const bool isData = type == FrameType::Message || (type >= FrameType::ListClients && type <= FrameType::Reply);
  const bool isReserved = type > FrameType::Reply && type != FrameType::Log && type != FrameType::Receipt;
  if (isInner && !isData && !isReserved) return false;
  const uint8_t row = type == FrameType::Receipt ? RECEIPT_ROW : type < RECEIPT_ROW ? static_cast<uint8_t>(type) : 0;
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

#endif

/** Finds the fields of a frame that is well-formed, and checks those that a device reads. */
bool readFields(const Value &items, bool isInner, Frame &frame) {
  const Value type = items[0];
  uint8_t left = static_cast<uint8_t>(items.size());
  frame.type = static_cast<uint16_t>(type.toUnsigned());
  Value field = type;
  for (uint8_t place = 0; place < Frame::MOST_FIELDS; place++) {
    field = left > 1 ? items.following(field) : Value();
    if (left > 1) left--;
    frame.fields[place] = field.begin();
  }
#if CROSSCOMM_CHECK_FIELDS
  return items.type() == Type::Array && isUnsigned(type, 0, 0xFFFF) && areFieldsRight(frame, isInner);
#else
  (void)isInner;
  return true;
#endif
}

}  // namespace

uint32_t Frame::number(uint8_t place) const { return field(place).toUnsigned(); }

Result readFrame(const uint8_t *bytes, size_t length, size_t maxFrame, const Dictionary *dictionary, Frame &frame) {
  const Result result = checkFrame(bytes, length, maxFrame);
  if (result != Result::Ok) return result;
  frame.end = bytes + length;
  frame.dictionary = dictionary;
  return readFields(Value(bytes, frame.end), false, frame) ? Result::Ok : Result::BadField;
}

void readInnerFrame(const Frame &sequenced, Frame &inner) {
  inner = sequenced;
  inner.type = 0;
  const Value frame = sequenced.field(1);
  if (!frame.isNull()) readFields(frame, true, inner);
}

}  // namespace crosscomm
