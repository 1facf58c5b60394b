#pragma once

#include "Platform.h"

namespace crosscomm {

/** Finds the messages in what a WebSocket server sends (RFC 6455, section 5), in the one buffer that it is given. */
class WebSocketDecoder {
 public:
  enum class Event : uint8_t {
    None,
    /** A whole binary message: message() and length(), until the next byte. */
    Message,
    /** A binary message larger than the buffer went by. */
    TooLarge,
    /** A Ping, or a Close: message() and length() are its payload, which the answer repeats. */
    Ping,
    Close,
    /** What no server may send; nothing after it can be trusted. */
    Violation,
  };

  /** `size` is that of the largest message. */
  void useBuffer(uint8_t *buffer, size_t size);
  /** A new connection. */
  void begin();
  Event push(uint8_t byte);
  /** How many of the next bytes may be put at `place` at once; then took() says how many were. 0: push() them. */
  size_t direct(uint8_t *&place);
  Event took(size_t count);

  const uint8_t *message() const { return buffer_ + start_; }
  size_t length() const { return length_; }

 private:
  enum class State : uint8_t { Head, Length, ExtendedLength, Payload, Broken };
  /** What becomes of the data message that is under way. */
  enum class Fate : uint8_t { None, Kept, TooLarge, Ignored };

  Event head(uint8_t byte);
  Event beginPayload();
  Event endFrame();
  Event violation();
  bool isControl() const { return (head_ & 0x08) != 0; }

  uint8_t *buffer_ = nullptr;
  size_t size_ = 0;
  State state_ = State::Head;
  Fate fate_ = Fate::None;
  uint8_t head_ = 0;
  uint8_t lengthBytes_ = 0;
  /** Whether the frame's payload goes to the buffer. */
  bool isKept_ = false;
  /** Of the frame's payload: how many bytes are to come. */
  uint32_t left_ = 0;
  /** Of the data message under way, in the buffer. */
  size_t messageLength_ = 0;
  /** Where what was handed out, or the payload of a control frame, begins and how long it is. */
  size_t start_ = 0;
  size_t length_ = 0;
};

}  // namespace crosscomm
