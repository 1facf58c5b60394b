// Values as Serial.print and a String show them: texts as they are, maps and arrays as in JSON. Linked where they are.

#include "ValueOperators.h"

namespace crosscomm {

using namespace Cbor;

namespace {

/** Adds to a String what is printed. */
struct StringPrint final : Print {
  using Print::write;
  size_t write(uint8_t byte) override {
    text += static_cast<char>(byte);
    return 1;
  }
  String text;
};

size_t write(Print &out, char c) { return out.write(static_cast<uint8_t>(c)); }

/** An integer of up to 64 bits, for which not every core has a print(). `bytes` are used up. */
size_t printDigits(Print &out, uint8_t bytes[8]) {
  char digits[20];
  uint8_t count = 0;
  uint8_t left;
  do {
    uint16_t remainder = 0;
    left = 0;
    for (uint8_t i = 0; i < 8; i++) {
      remainder = static_cast<uint16_t>(remainder << 8 | bytes[i]);
      bytes[i] = static_cast<uint8_t>(remainder / 10);
      left |= bytes[i];
      remainder %= 10;
    }
    digits[count++] = static_cast<char>('0' + remainder);
  } while (left != 0);
  const size_t printed = count;
  while (count > 0) write(out, digits[--count]);
  return printed;
}

/** A text of a map or an array, as JSON has it. */
size_t printQuoted(Print &out, const uint8_t *bytes, size_t length) {
  size_t printed = write(out, '"');
  for (size_t i = 0; i < length; i++) {
    const char c = static_cast<char>(bytes[i]);
    if (c == '"' || c == '\\') printed += write(out, '\\');
    printed += write(out, bytes[i] < ' ' ? ' ' : c);
  }
  return printed + write(out, '"');
}

size_t printHex(Print &out, const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    write(out, "0123456789abcdef"[bytes[i] >> 4]);
    write(out, "0123456789abcdef"[bytes[i] & 15]);
  }
  return 2 * length;
}

}  // namespace

size_t Value::printTo(Print &out) const { return print(out, false); }

String Value::toString() const {
  StringPrint out;
  printTo(out);
  return out.text;
}

size_t Value::print(Print &out, bool isInside) const {
  Scanner head = scanner();
  if (head.head() != Result::Ok) return 0;
  switch (head.major) {
    case UNSIGNED:
    case NEGATIVE: return printInteger(out);
    case BYTES: return printHex(out, data(), size());
    case TEXT:
      if (isInside) return printQuoted(out, data(), size());
      for (size_t i = 0; i < size(); i++) out.write(data()[i]);
      return size();
    case ARRAY:
    case MAP: return printItems(out);
    default: break;
  }
  if (head.info >= HALF) return out.print(toDouble());
  if (head.info == NULL_INFO) return out.print(F("null"));
  return out.print(head.info == TRUE_INFO ? F("true") : F("false"));
}

size_t Value::printInteger(Print &out) const {
  Scanner head = scanner();
  head.head();
  uint8_t bytes[8] = {};
  // What a head is followed by, or its own lower bits.
  const size_t length = static_cast<size_t>(head.at - at_) - 1;
  if (length == 0) bytes[7] = head.info;
  else memcpy(bytes + 8 - length, at_ + 1, length);
  if (head.major == UNSIGNED) return printDigits(out, bytes);
  // -1 - n. Of 2^64 - 1, which is beyond an int64, the digits stay those of n.
  for (uint8_t i = 8; i-- > 0 && ++bytes[i] == 0;) {
  }
  const size_t sign = write(out, '-');
  return sign + printDigits(out, bytes);
}

size_t Value::printItems(Print &out) const {
  const bool isMap = type() == Type::Map;
  size_t printed = write(out, isMap ? '{' : '[');
  const int count = static_cast<int>(size());
  Scanner head = scanner();
  head.head();
  Value item(head.at, end_, dictionary());
  for (int i = 0; i < count; i++) {
    if (i > 0) printed += write(out, ',');
    if (isMap) {
      printed += item.printKey(out) + write(out, ':');
      item = following(item);
    }
    printed += item.print(out, true);
    item = following(item);
  }
  return printed + write(out, isMap ? '}' : ']');
}

size_t Value::printKey(Print &out) const {
  Scanner head = scanner();
  if (head.head() != Result::Ok) return 0;
  if (dictionary() == nullptr || !head.isSmall() || head.argument >= dictionary()->count) return print(out, true);
  const char *const key = dictionary()->keys[head.argument];
  return printQuoted(out, reinterpret_cast<const uint8_t *>(key), strlen(key));
}

}  // namespace crosscomm
