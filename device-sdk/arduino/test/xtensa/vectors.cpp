// The shared vectors on an lx106: what is written has the vector's bytes, what is read and written again has them too, what is
// no frame is refused with the vector's error, and so is every prefix of a frame.

#include "vectors.h"

using namespace crosscomm;

extern "C" void print(const char *text, unsigned length);

uint32_t fakeMillis = 0;
// The destructors of interfaces refer to it; nothing is ever deleted.
void operator delete(void *, size_t) {}
void operator delete(void *) {}

namespace {

const size_t MOST = 4096;
uint8_t bytes[MOST];
uint8_t written[MOST];
int passed = 0;
int failed = 0;

void say(const char *text) { print(text, strlen(text)); }

void sayNumber(unsigned number) {
  char digits[11];
  char *at = digits + sizeof digits - 1;
  *at = 0;
  do *--at = static_cast<char>('0' + number % 10);
  while ((number /= 10) > 0);
  say(at);
}

void check(bool holds, const char *what, const char *name) {
  (holds ? passed : failed)++;
  if (holds) return;
  say(what);
  say(": ");
  say(name);
  say("\n");
}

uint8_t nibble(char digit) { return static_cast<uint8_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10); }

size_t unhex(const char *hex) {
  size_t length = 0;
  for (; hex[0] != 0; hex += 2) bytes[length++] = static_cast<uint8_t>(nibble(hex[0]) << 4 | nibble(hex[1]));
  return length;
}

bool isWritten(const CborWriter &writer, size_t length) {
  return writer.length() == length && memcmp(written, bytes, length) == 0;
}

/** Writes what was read. */
void copy(const Value &value, CborWriter &writer) {
  const int size = static_cast<int>(value.size());
  switch (value.type()) {
    case Type::Null: return writer.null();
    case Type::Bool: return writer.boolean(value.toBool());
    case Type::Text: return writer.text(reinterpret_cast<const char *>(value.data()), value.size());
    case Type::Bytes: return writer.bytes(value.data(), value.size());
    case Type::Integer:
      // The major type: negative or not.
      return *value.begin() >= 0x20 ? writer.integer64(value.toInt64())
                                    : writer.unsignedInteger64(value.toUnsigned64());
    case Type::Float:
      // 64 bits are rounded to 32, as a device may.
      return writer.floating(value.toFloat());
    case Type::Array:
      writer.array(static_cast<uint32_t>(size));
      for (int i = 0; i < size; i++) copy(value.item(i), writer);
      return;
    case Type::Map:
      writer.map(static_cast<uint32_t>(size));
      for (int i = 0; i < size; i++) {
        copy(value.keyAt(i), writer);
        copy(value.item(i), writer);
      }
      return;
    default: return;
  }
}

bool hasDouble(const char *hex) { return strstr(hex, "fb") != nullptr; }

void tryValue(const ValueVector &vector) {
  const size_t length = unhex(vector.hex);
  CborWriter writer(written, MOST);
  vector.write(writer);
  if (!vector.decodeOnly) check(isWritten(writer, length), "written", vector.name);
  CborWriter copying(written, MOST);
  copy(Value(bytes, bytes + length), copying);
  if (!vector.decodeOnly && !hasDouble(vector.hex)) check(isWritten(copying, length), "read", vector.name);
  if (!vector.isFrame) return;
  Frame frame;
  check(readFrame(bytes, length, MOST, nullptr, frame) == Result::Ok, "accepted", vector.name);
  for (size_t part = 0; part < length; part++) {
    const bool isRefused = readFrame(bytes, part, MOST, nullptr, frame) == Result::Truncated;
    if (!isRefused) check(false, "truncated", vector.name);
  }
}

const char *nameOf(Result result) {
  const char *const names[] = {"ok",          "too_large", "not_a_frame", "truncated", "trailing",
                               "unsupported", "too_deep",  "bad_key",     "bad_field"};
  return names[static_cast<uint8_t>(result)];
}

void tryInvalid(const InvalidVector &vector) {
  const size_t length = unhex(vector.hex);
  Frame frame;
  const Result result = checkFrame(bytes, length, vector.maxBytes, frame, vector.maxDepth);
  const bool mayPass = vector.mayBeAccepted || strcmp(vector.error, "bad_field") == 0;
  check(mayPass ? result == Result::Ok || strcmp(nameOf(result), vector.error) == 0
                : strcmp(nameOf(result), vector.error) == 0,
        vector.error, vector.name);
}

/** The frames and the faults of a line, counted; the texts are what is left. */
void trySerial(const SerialVector &vector) {
  const size_t length = unhex(vector.hex);
  int frames = 0, faults = 0;
  SlipDecoder decoder;
  decoder.useBuffer(written, vector.maxFrame + 2);
  for (size_t i = 0; i < length; i++) {
    const SlipDecoder::Event event = decoder.push(bytes[i]);
    if (event == SlipDecoder::Event::Frame) frames++;
    if (event >= SlipDecoder::Event::BadChecksum) faults++;
  }
  for (const char *at = vector.events; (at = strstr(at, "frame:")) != nullptr; at++) frames--;
  for (const char *at = vector.events; (at = strstr(at, "fault:")) != nullptr; at++) faults--;
  check(frames == 0 && faults == 0, "line", vector.name);
}

void tryCrc(const CrcVector &vector) {
  const size_t length = unhex(vector.hex);
  uint16_t crc = CRC_START;
  for (size_t i = 0; i < length; i++) crc = crcUpdate(crc, bytes[i]);
  check(static_cast<uint16_t>(~crc) == vector.crc, "checksum", vector.hex);
}

}  // namespace

extern "C" int run() {
  for (const ValueVector &vector : VALUES) tryValue(vector);
  for (const InvalidVector &vector : INVALID) tryInvalid(vector);
  for (const SerialVector &vector : SERIAL_LINES) trySerial(vector);
  for (const CrcVector &vector : CRCS) tryCrc(vector);
  sayNumber(static_cast<unsigned>(passed));
  say(" passed, ");
  sayNumber(static_cast<unsigned>(failed));
  say(" failed\n");
  return failed == 0 ? 0 : 1;
}
