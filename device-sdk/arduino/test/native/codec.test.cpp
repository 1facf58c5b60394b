#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "vectors.h"

using namespace crosscomm;

/** A value as the vectors' header describes it: i43, t68656c6c6f, b00, f and the bits of a double, [..], {..}. */
static std::string describe(const Value &value) {
  std::string text;
  const int size = static_cast<int>(value.size());
  switch (value.type()) {
    case Type::None: return "none";
    case Type::Null: return "null";
    case Type::Bool: return value.toBool() ? "true" : "false";
    case Type::Text: return "t" + toHex(value.data(), value.size());
    case Type::Bytes: return "b" + toHex(value.data(), value.size());
    case Type::Integer:
      return "i" + (value.toDouble() < 0 ? std::to_string(value.toInt64()) : std::to_string(value.toUnsigned64()));
    case Type::Float: {
      uint64_t bits;
      const double number = value.toDouble();
      memcpy(&bits, &number, sizeof bits);
      uint8_t bytes[8];
      for (int i = 0; i < 8; i++) bytes[i] = static_cast<uint8_t>(bits >> (56 - 8 * i));
      return "f" + toHex(bytes, 8);
    }
    case Type::Array:
      for (int i = 0; i < size; i++) text += (i == 0 ? "" : ",") + describe(value[i]);
      return "[" + text + "]";
    case Type::Map:
      for (int i = 0; i < size; i++) text += (i == 0 ? "" : ",") + describe(value.keyAt(i)) + ":" + describe(value[i]);
      return "{" + text + "}";
  }
  return "";
}

static Value valueOf(const std::vector<uint8_t> &bytes) { return Value(bytes.data(), bytes.data() + bytes.size()); }

static const char *nameOf(Result result) {
  switch (result) {
    case Result::Ok: return "ok";
    case Result::TooLarge: return "too_large";
    case Result::NotAFrame: return "not_a_frame";
    case Result::Truncated: return "truncated";
    case Result::Trailing: return "trailing";
    case Result::Unsupported: return "unsupported";
    case Result::TooDeep: return "too_deep";
    case Result::BadKey: return "bad_key";
    case Result::BadField: return "bad_field";
    default: return "other";
  }
}

/** Exactly as large as the bytes, on the heap, so that the sanitizer sees a read beyond the end. */
struct Exact {
  explicit Exact(const std::vector<uint8_t> &bytes, size_t length) : data(new uint8_t[length]), size(length) {
    if (length > 0) memcpy(data, bytes.data(), length);
  }
  ~Exact() { delete[] data; }
  Exact(const Exact &) = delete;
  Exact &operator=(const Exact &) = delete;
  uint8_t *data;
  size_t size;
};

TEST("every value and frame of the shared vectors reads as what it is") {
  for (const ValueVector &vector : VALUES) {
    CHECK_TEXT(describe(valueOf(fromHex(vector.hex))), vector.description, vector.name);
  }
}

TEST("every value and frame of the shared vectors is written byte by byte the same") {
  for (const ValueVector &vector : VALUES) {
    uint8_t buffer[2048];
    CborWriter writer(buffer, sizeof buffer);
    vector.write(writer);
    const std::string hex = toHex(buffer, writer.length());
    if (!vector.decodeOnly) CHECK_TEXT(hex, vector.hex, vector.name);
    CHECK(writer.length() * 2 <= strlen(vector.hex));
    CborWriter counting;
    vector.write(counting);
    CHECK(counting.length() == writer.length());
  }
}

TEST("a writer without enough room writes nothing beyond it, and tells what it would need") {
  for (const ValueVector &vector : VALUES) {
    CborWriter counting;
    vector.write(counting);
    for (size_t room = 0; room < counting.length(); room++) {
      Exact exact(std::vector<uint8_t>(room), room);
      CborWriter writer(exact.data, room);
      vector.write(writer);
      CHECK(!writer.fits());
      CHECK(writer.length() == counting.length());
    }
  }
}

TEST("every frame of the shared vectors is accepted") {
  for (const ValueVector &vector : VALUES) {
    if (!vector.isFrame) continue;
    const std::vector<uint8_t> bytes = fromHex(vector.hex);
    Frame frame;
    CHECK_TEXT(nameOf(readFrame(bytes.data(), bytes.size(), 65535, nullptr, frame)), "ok", vector.name);
  }
}

TEST("every truncated prefix of every frame is refused as truncated, and read by nobody beyond its end") {
  for (const ValueVector &vector : VALUES) {
    if (!vector.isFrame) continue;
    const std::vector<uint8_t> bytes = fromHex(vector.hex);
    for (size_t length = 0; length < bytes.size(); length++) {
      Exact exact(bytes, length);
      Frame frame;
      CHECK_TEXT(nameOf(readFrame(exact.data, length, 65535, nullptr, frame)), "truncated", vector.name);
    }
  }
}

TEST("reading a value that was cut off anywhere stays within its bytes") {
  for (const ValueVector &vector : VALUES) {
    const std::vector<uint8_t> bytes = fromHex(vector.hex);
    for (size_t length = 1; length < bytes.size(); length++) {
      Exact exact(bytes, length);
      const Value value(exact.data, exact.data + length);
      CHECK(value.next() <= exact.data + length);
      value["temperature"].toFloat();
      value[1].toInt();
      char text[4];
      value[0].copyText(text, sizeof text);
    }
  }
}

TEST("what is no frame gets the error of the shared vectors") {
  for (const InvalidVector &vector : INVALID) {
    const std::vector<uint8_t> bytes = fromHex(vector.hex);
    Exact exact(bytes, bytes.size());
    Frame frame;
    const Result deep = checkFrame(exact.data, exact.size, vector.maxBytes, frame, vector.maxDepth);
    const Result result =
        deep != Result::Ok ? deep : readFrame(exact.data, exact.size, vector.maxBytes, nullptr, frame);
    if (vector.mayBeAccepted && result == Result::Ok) continue;
    // What only goes up, or is only in what goes up, is skipped by a device, whatever is in it.
    const uint8_t type = exact.size > 1 ? exact.data[1] : 0xFF;
    const bool goesUp = type == FrameType::Hello || type == FrameType::Alias || type == FrameType::Dictionary ||
                        type == FrameType::ListClients || type == FrameType::Log;
    if (goesUp && result == Result::Ok && strcmp(vector.error, "bad_field") == 0) continue;
    if (!CROSSCOMM_CHECK_FIELDS && strcmp(vector.error, "bad_field") == 0) continue;
    CHECK_TEXT(nameOf(result), vector.error, vector.name);
  }
}

TEST("random bytes are refused or read, and harm nothing") {
  uint32_t random = 12345;
  for (int round = 0; round < 200000; round++) {
    std::vector<uint8_t> bytes(1 + round % 40);
    for (uint8_t &byte : bytes) {
      random = random * 1664525U + 1013904223U;
      byte = static_cast<uint8_t>(random >> 24);
    }
    bytes[0] = static_cast<uint8_t>(0x81 + bytes[0] % 23);
    if (bytes.size() > 1) bytes[1] &= 0x1F;
    Exact exact(bytes, bytes.size());
    Frame frame;
    if (readFrame(exact.data, exact.size, 64, nullptr, frame) == Result::Ok) {
      const Value items(exact.data, exact.data + exact.size);
      CHECK(items.next() == exact.data + exact.size);
      CHECK(!describe(items).empty());
    }
  }
}

TEST("mutated frames are refused or read, and harm nothing") {
  uint32_t random = 99;
  for (const ValueVector &vector : VALUES) {
    if (!vector.isFrame) continue;
    for (int round = 0; round < 500; round++) {
      std::vector<uint8_t> bytes = fromHex(vector.hex);
      for (int change = 0; change < 2; change++) {
        random = random * 1664525U + 1013904223U;
        bytes[(random >> 8) % bytes.size()] = static_cast<uint8_t>(random >> 24);
      }
      Exact exact(bytes, bytes.size());
      Frame frame;
      if (readFrame(exact.data, exact.size, 4096, nullptr, frame) == Result::Ok) {
        describe(Value(exact.data, exact.data + exact.size));
      }
    }
  }
}

TEST("every 16-bit float survives being read and written") {
  for (uint32_t half = 0; half < 0x10000; half++) {
    const float value = floatFromHalf(static_cast<uint16_t>(half));
    uint8_t buffer[9];
    CborWriter writer(buffer, sizeof buffer);
    writer.floating(value);
    const uint32_t written = static_cast<uint32_t>(buffer[1]) << 8 | buffer[2];
    CHECK(buffer[0] == 0xF9 && writer.length() == 3);
    CHECK(written == half || (isnan(value) && written == 0x7E00));
  }
}

TEST("a 64-bit float is rounded by bits as the processor rounds it") {
  uint32_t random = 7;
  for (int round = 0; round < 100000; round++) {
    uint64_t bits = 0;
    for (int i = 0; i < 4; i++) {
      random = random * 1664525U + 1013904223U;
      bits = bits << 16 | random >> 16;
    }
    // Ties and near-ties are rare in random bits.
    if (round % 3 == 0) bits &= ~static_cast<uint64_t>(0x0FFFFFFF);
    if (round % 2 == 0) bits = (bits & 0x800FFFFFFFFFFFFFULL) | static_cast<uint64_t>(1000 + round % 60) << 52;
    const float expected = static_cast<float>(doubleOf(bits));
    const float actual = floatFromDouble(static_cast<uint32_t>(bits >> 32), static_cast<uint32_t>(bits));
    const bool isTiny = fabs(doubleOf(bits)) < static_cast<double>(FLT_MIN);
    CHECK(isTiny ? actual == 0 : isnan(expected) ? isnan(actual) : expected == actual);
  }
}

TEST("numbers convert into each other, and out of range is what the caller says") {
  CHECK(valueOf(fromHex("1b0000000100000000")).toInt(-5) == -5);
  CHECK(valueOf(fromHex("3a7fffffff")).toInt() == -2147483647L - 1);
  CHECK(valueOf(fromHex("1a80000000")).toInt(1) == 1);
  CHECK(valueOf(fromHex("f94d60")).toInt() == 21);
  CHECK(valueOf(fromHex("f97e00")).toInt(3) == 3);
  CHECK(valueOf(fromHex("f97c00")).toInt(4) == 4);
  CHECK(valueOf(fromHex("182b")).toFloat() == 43.0f);
  CHECK(valueOf(fromHex("1b0000000100000000")).toFloat() == 4294967296.0f);
  CHECK(valueOf(fromHex("626f6e")).toBool());
  CHECK(!valueOf(fromHex("f98000")).toBool());
  CHECK(valueOf(fromHex("626f6e")).toInt(9) == 9);
  CHECK(!Value()["led"][3].exists());
}

TEST("a map's keys are found by text and by the number of the dictionary") {
  static const char *const keys[] = {"temperature", "humidity"};
  const Dictionary dictionary = {keys, 2};
  const std::vector<uint8_t> bytes = fromHex("a300616161620319090907");
  const Value map(bytes.data(), bytes.data() + bytes.size(), &dictionary);
  CHECK(map["temperature"].equals("a"));
  CHECK(!map["humidity"].exists());
  const std::vector<uint8_t> both = fromHex("a201182b6774656d7065726101");
  const Value second(both.data(), both.data() + both.size(), &dictionary);
  CHECK(second["humidity"].toInt() == 43);
  CHECK(second["tempera"].toInt() == 1);
}

TEST("a text is copied with a zero at the end, and cut to fit") {
  const std::vector<uint8_t> bytes = fromHex("6568656c6c6f");
  char text[4];
  CHECK(valueOf(bytes).copyText(text, sizeof text) == 5);
  CHECK_TEXT(text, "hel", "cut");
  char all[6];
  valueOf(bytes).copyText(all, sizeof all);
  CHECK_TEXT(all, "hello", "all");
}

TEST("the checksum is that of the shared vectors") {
  for (const CrcVector &vector : CRCS) {
    uint16_t crc = CRC_START;
    for (uint8_t byte : fromHex(vector.hex)) crc = crcUpdate(crc, byte);
    CHECK(static_cast<uint16_t>(~crc) == vector.crc);
  }
}

TEST("floats read as integers of every size, with all their digits, and bools too") {
  struct Case {
    const char *hex;
    long asInt;
    uint32_t asUnsigned;
    int64_t asInt64;
    uint64_t asUnsigned64;
  };
  const Case cases[] = {
      {"f94d00", 20, 20, 20, 20},
      {"f9c700", -7, 9, -7, 9},
      {"f93800", 0, 0, 0, 0},
      {"f9b800", 0, 0, 0, 0},
      {"f5", 1, 1, 1, 1},
      {"f6", 9, 9, 9, 9},
      {"f97e00", 9, 9, 9, 9},
      {"f97c00", 9, 9, 9, 9},
      {"fa4b800001", 16777218, 16777218, 16777218, 16777218},
      {"fb4170000010000000", 16777217, 16777217, 16777217, 16777217},
      {"fb41dfffffffc00000", 2147483647, 2147483647, 2147483647, 2147483647},
      {"fbc1e0000000000000", -2147483647 - 1, 9, -2147483648LL, 9},
      {"fb41e0000000000000", 9, 2147483648u, 2147483648LL, 2147483648ULL},
      {"fb41efffffffe00000", 9, 4294967295u, 4294967295LL, 4294967295ULL},
      {"fb43e0000000000000", 9, 9, 9, 9223372036854775808ULL},
      {"fb43f0000000000000", 9, 9, 9, 9},
  };
  for (const Case &each : cases) {
    const std::vector<uint8_t> bytes = fromHex(each.hex);
    const Value value(bytes.data(), bytes.data() + bytes.size());
    CHECK(value.toInt(9) == each.asInt);
    CHECK(value.toUnsigned(9) == each.asUnsigned);
    CHECK(value.toInt64(9) == each.asInt64);
    CHECK(value.toUnsigned64(9) == each.asUnsigned64);
  }
}
