// What tests of files have in common.
#pragma once

#include "gateway.h"

/** CRC-32 of a file of `size` bytes, written another way than the library's. */
inline uint32_t bitwiseCrc32(uint32_t size, uint8_t (*byteAt)(uint32_t place)) {
  uint32_t crc = 0xFFFFFFFF;
  for (uint32_t i = 0; i < size; i++) {
    for (int bit = 0; bit < 8; bit++) {
      const bool differs = ((crc ^ static_cast<uint32_t>(byteAt(i) >> bit)) & 1) != 0;
      crc = (crc >> 1) ^ (differs ? 0xEDB88320U : 0);
    }
  }
  return ~crc;
}

/** What the library's writer makes, in hexadecimal digits. */
template <typename Write>
std::string hexOf(Write write) {
  struct Hex : crosscomm::ByteSink {
    void put(uint8_t byte) override { text += toHex(&byte, 1); }
    std::string text;
  } hex;
  uint8_t piece[8];
  crosscomm::CborWriter writer(piece, sizeof piece);
  writer.passTo(hex);
  write(writer);
  writer.flush();
  return hex.text;
}

inline std::string hexNumber(uint32_t value) {
  return hexOf([value](crosscomm::CborWriter &writer) { writer.unsignedInteger(value); });
}

/** Reads the frames, which have blanks between them. `take` is called with each, and its digits. */
template <typename Take>
void eachFrame(const std::string &frames, Take take) {
  for (size_t at = 0; at < frames.size();) {
    const size_t end = frames.find(' ', at);
    const std::string hex = frames.substr(at, end - at);
    at = end == std::string::npos ? frames.size() : end + 1;
    const std::vector<uint8_t> bytes = fromHex(hex);
    crosscomm::Frame frame;
    CHECK(crosscomm::readFrame(bytes.data(), bytes.size(), 4096, nullptr, frame) == crosscomm::Result::Ok);
    take(frame, hex);
  }
}
