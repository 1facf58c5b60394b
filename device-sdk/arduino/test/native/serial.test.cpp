#include "check.h"
#include "vectors.h"

using namespace crosscomm;

namespace {

struct Collector : Print {
  size_t write(uint8_t byte) override {
    bytes.push_back(byte);
    return 1;
  }
  std::vector<uint8_t> bytes;
};

/** What a decoder makes of bytes, in the notation of the vectors' header. */
std::string eventsOf(const std::vector<uint8_t> &bytes, size_t maxFrame) {
  std::vector<uint8_t> buffer(maxFrame + 2);
  SlipDecoder decoder;
  decoder.useBuffer(buffer.data(), buffer.size());
  std::string events;
  bool inText = false;
  for (uint8_t byte : bytes) {
    const SlipDecoder::Event event = decoder.push(byte);
    if (event == SlipDecoder::Event::None) continue;
    const bool isText = event == SlipDecoder::Event::Text;
    if (!events.empty() && !(isText && inText)) events += " ";
    if (isText) events += (inText ? "" : "text:") + toHex(&byte, 1);
    if (event == SlipDecoder::Event::Frame) events += "frame:" + toHex(decoder.frame(), decoder.length());
    if (event == SlipDecoder::Event::BadChecksum) events += "fault:checksum";
    if (event == SlipDecoder::Event::BadEscape) events += "fault:escape";
    if (event == SlipDecoder::Event::TooLarge) events += "fault:too_large";
    inText = isText;
  }
  return events;
}

std::vector<uint8_t> encode(const std::vector<uint8_t> &frame) {
  Collector out;
  SlipEncoder encoder;
  encoder.begin(out);
  for (uint8_t byte : frame) encoder.put(byte);
  encoder.end();
  return out.bytes;
}

/** A stream that counts its transfers. */
struct Transfers : Stream {
  size_t write(uint8_t byte) override { return write(&byte, 1); }
  size_t write(const uint8_t *from, size_t length) override {
    lengths.push_back(length);
    bytes.insert(bytes.end(), from, from + length);
    return length;
  }
  int available() override { return 0; }
  int read() override { return -1; }
  std::vector<size_t> lengths;
  std::vector<uint8_t> bytes;
};

/** A line that brings its bytes in portions. */
struct Portions : Stream {
  size_t write(uint8_t) override { return 1; }
  int available() override { return static_cast<int>(limit - at); }
  int read() override { return at < limit ? bytes[at++] : -1; }
  std::vector<uint8_t> bytes;
  size_t at = 0;
  size_t limit = 0;
};

}  // namespace

TEST("a serial line of the shared vectors gives its texts, frames and faults") {
  for (const SerialVector &vector : SERIAL_LINES) {
    CHECK_TEXT(eventsOf(fromHex(vector.hex), vector.maxFrame), vector.events, vector.name);
  }
}

TEST("a serial line split at every byte gives the same frames") {
  for (const SerialVector &vector : SERIAL_LINES) {
    const std::vector<uint8_t> bytes = fromHex(vector.hex);
    for (size_t split = 0; split <= bytes.size(); split++) {
      Portions line;
      line.bytes = bytes;
      StreamLink link = StreamLink();
      std::vector<uint8_t> buffer(vector.maxFrame + 2);
      link.begin(line, buffer.data(), buffer.size());
      std::string frames;
      for (size_t limit : {split, bytes.size()}) {
        line.limit = limit;
        const uint8_t *frame = nullptr;
        while (size_t length = link.receive(frame)) frames += " frame:" + toHex(frame, length);
      }
      std::string expected;
      std::string events = std::string(" ") + vector.events;
      for (size_t at = 0; (at = events.find(" f", at)) != std::string::npos; at++) {
        const std::string event = events.substr(at, events.find(' ', at + 1) - at);
        if (event.compare(0, 7, " frame:") == 0) expected += event;
      }
      CHECK_TEXT(frames, expected, vector.name);
    }
  }
}

TEST("every frame of the shared vectors survives the line, with noise before and text after") {
  for (const ValueVector &vector : VALUES) {
    if (!vector.isFrame) continue;
    std::vector<uint8_t> line = fromHex("00ff9f85db41");
    const std::vector<uint8_t> packet = encode(fromHex(vector.hex));
    line.insert(line.end(), packet.begin(), packet.end());
    line.push_back('!');
    const std::string expected = std::string("text:00ff9f85db41 frame:") + vector.hex + " text:21";
    CHECK_TEXT(eventsOf(line, 1024), expected, vector.name);
  }
}

TEST("the encoder escapes both bytes, in the frame and in its checksum") {
  CHECK_TEXT(toHex(encode(fromHex("83080045c0dbdcddc0")).data(), 16), "c083080045dbdcdbdddcdddbdc24e8c0", "frame");
  CHECK_TEXT(toHex(encode(fromHex("82041902b6")).data(), 11), "c082041902b6dbdcdbddc0", "checksum");
}

TEST("a frame with any one byte changed is never handed out as another frame") {
  const std::vector<uint8_t> packet = encode(fromHex("830801a200f94d6001182b"));
  for (size_t at = 1; at + 1 < packet.size(); at++) {
    for (int change = 1; change < 256; change++) {
      std::vector<uint8_t> noisy = packet;
      noisy[at] = static_cast<uint8_t>(noisy[at] ^ change);
      CHECK(eventsOf(noisy, 64).find("frame:") == std::string::npos);
    }
  }
}

TEST("after any byte lost or put in, the second frame behind it arrives") {
  const std::vector<uint8_t> packet = encode(fromHex("830801a200f94d6001182b"));
  for (size_t at = 0; at < packet.size(); at++) {
    for (int kind = 0; kind < 2; kind++) {
      std::vector<uint8_t> line = packet;
      if (kind == 0) line.erase(line.begin() + static_cast<long>(at));
      if (kind == 1) line.insert(line.begin() + static_cast<long>(at), 0xC0);
      const std::vector<uint8_t> next = encode(fromHex("820402"));
      line.insert(line.end(), next.begin(), next.end());
      line.insert(line.end(), next.begin(), next.end());
      CHECK(eventsOf(line, 64).find("frame:820402") != std::string::npos);
    }
  }
}

TEST("a frame goes to its stream in few transfers, and all of it by its end") {
  for (size_t length : {size_t(1), size_t(40), size_t(300)}) {
    Transfers stream;
    StreamLink link = StreamLink();
    uint8_t buffer[8];
    link.begin(stream, buffer, sizeof buffer);
    const std::vector<uint8_t> frame(length, 0x81);
    SlipEncoder line;
    link.beginFrame(line);
    for (uint8_t byte : frame) line.put(byte);
    link.endFrame(line);
    CHECK(stream.bytes == encode(frame));
    CHECK(stream.lengths.size() == (stream.bytes.size() + 63) / 64);
  }
}
