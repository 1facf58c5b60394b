#pragma once

#include "FrameChecksum.h"

namespace crosscomm {

/** Writes one frame to a serial line while it is made: SLIP with a CRC-16 (section 11), and no buffer. */
class SlipEncoder {
 public:
  void begin(Print &out);
  void put(uint8_t byte) { put(&byte, 1); }
  void put(const uint8_t *bytes, size_t length);
  void end();

 private:
  Print *out_;
  uint16_t crc_;
};

/** Finds the frames in what a serial line brings, byte by byte, and never loses step for longer than a frame. */
class SlipDecoder {
 public:
  enum class Event : uint8_t {
    None,
    /** The byte is text between the frames. */
    Text,
    /** A frame whose checksum is right: frame() and length(), until the next push(). */
    Frame,
    BadChecksum,
    BadEscape,
    TooLarge,
  };

  /** The buffer must have room for the largest frame and the two bytes of its checksum. */
  void useBuffer(uint8_t *buffer, size_t size);
  Event push(uint8_t byte);
  const uint8_t *frame() const { return buffer_; }
  size_t length() const { return length_; }

 private:
  enum class State : uint8_t { Text, Start, Frame, Escape, Skip };

  uint8_t *buffer_;
  size_t size_;
  size_t length_;
  uint16_t crc_;
  State state_;
};

}  // namespace crosscomm
