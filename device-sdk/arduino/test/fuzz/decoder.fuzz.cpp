// Any bytes as a frame, and as a serial line: nothing is read beyond its end, and what is accepted can be walked whole.

#include <CrossComm.h>
#include <stdlib.h>

#include <memory>

using namespace crosscomm;

uint32_t fakeMillis = 0;

namespace {

const size_t MAX_FRAME = 4096;
/** As many fields as any frame has. */
const uint8_t MOST_FIELDS = 7;
const char *const KEYS[] = {"temperature", "humidity"};
const Dictionary DICTIONARY = {KEYS, 2};

void require(bool holds) {
  if (!holds) abort();
}

/** Counts what is printed. */
struct Counter final : Print {
  size_t write(uint8_t) override {
    count++;
    return 1;
  }
  size_t count = 0;
};

/** Reads a value in every way that there is. */
size_t walk(const Value &value, int depth) {
  require(depth <= CROSSCOMM_MAX_DEPTH);
  size_t sum = value.size() + static_cast<size_t>(value.toInt()) + value.toUnsigned() + value.toBool() +
               static_cast<size_t>(value.toInt64()) + static_cast<size_t>(value.toUnsigned64());
  sum += value.toFloat() > 0 && value.toDouble() > 0;
  char text[8];
  sum += value.copyText(text, sizeof text) + value.equals("on") + value.item("temperature").exists();
  Counter printed;
  require(value.printTo(printed) == printed.count);
  sum += value.compare(int32_t(5)) == 0 || value.compare(uint32_t(5)) == 0 || value.compare(5.0) == 0;
  sum += value.compare(int64_t(5)) == 0 || value.compare(uint64_t(5)) == 0 || value.equals(value);
  sum += value.equals(F("on")) || value.item(F("humidity")).exists();
  const Type type = value.type();
  if (type != Type::Array && type != Type::Map) return sum;
  for (int i = 0; i < static_cast<int>(value.size()); i++) {
    require(value.item(i).exists());
    sum += walk(value.item(i), depth + 1);
    if (type == Type::Map) sum += walk(value.keyAt(i), depth + 1);
  }
  return sum;
}

void tryFrame(const uint8_t *bytes, size_t length) {
  // On the heap, so that the sanitizer sees one byte too far.
  std::unique_ptr<uint8_t[]> exact(new uint8_t[length]);
  if (length > 0) memcpy(exact.get(), bytes, length);
  Frame frame;
  if (readFrame(exact.get(), length, MAX_FRAME, &DICTIONARY, frame) == Result::Ok) {
    const Value items(exact.get(), exact.get() + length, &DICTIONARY);
    require(items.next() == exact.get() + length);
    // What nests little is walked: a walk takes the square of a long array's length.
    if (length <= 256) walk(items, 0);
    uint64_t sum = 0;
    for (uint8_t place = 0; place < MOST_FIELDS; place++) {
      sum += frame.number(place) + frame.number(place, 1) + frame.head(place);
    }
    if (frame.isSequenced()) sum += frame.sequenceNumber();
    require(sum < UINT64_MAX);
  }
  const Value loose(exact.get(), exact.get() + length);
  require(loose.next() <= exact.get() + length);
  loose[1].toInt();
  loose["humidity"].toFloat();
}

void tryLine(const uint8_t *bytes, size_t length) {
  uint8_t buffer[64];
  SlipDecoder decoder;
  decoder.useBuffer(buffer, sizeof buffer);
  for (size_t i = 0; i < length; i++) {
    if (decoder.push(bytes[i]) == SlipDecoder::Event::Frame) {
      require(decoder.length() <= sizeof buffer - 2);
      tryFrame(decoder.frame(), decoder.length());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  tryFrame(bytes, length);
  tryLine(bytes, length);
  return 0;
}
