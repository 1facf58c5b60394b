#include "WebSocketDecoder.h"

namespace crosscomm {

namespace {
const uint8_t FINAL = 0x80, RESERVED = 0x70, OPCODE = 0x0F, MASKED = 0x80;
const uint8_t CONTINUATION = 0x0, TEXT = 0x1, BINARY = 0x2, CLOSE = 0x8, PONG = 0xA;
// A Mega's header has a macro PING: the pins of port G.
const uint8_t PING_CODE = 0x9;
const uint8_t MOST_CONTROL = 125, TWO_BYTES = 126, EIGHT_BYTES = 127;
}  // namespace

void WebSocketDecoder::useBuffer(uint8_t *buffer, size_t size) {
  buffer_ = buffer;
  size_ = size;
  begin();
}

void WebSocketDecoder::begin() {
  state_ = State::Head;
  fate_ = Fate::None;
  messageLength_ = start_ = length_ = 0;
}

WebSocketDecoder::Event WebSocketDecoder::push(uint8_t byte) {
  switch (state_) {
    case State::Head: return head(byte);
    case State::Length:
      if ((byte & MASKED) != 0 || (isControl() && byte > MOST_CONTROL)) return violation();
      left_ = byte;
      if (byte < TWO_BYTES) return beginPayload();
      left_ = 0;
      lengthBytes_ = byte == EIGHT_BYTES ? 8 : 2;
      state_ = State::ExtendedLength;
      return Event::None;
    case State::ExtendedLength:
      // More than 4 GB is no message for a board, and its end would not be lived to see.
      if (left_ > 0x00FFFFFFUL) return violation();
      left_ = left_ << 8 | byte;
      return --lengthBytes_ == 0 ? beginPayload() : Event::None;
    case State::Payload:
      if (isKept_) buffer_[start_ + length_++] = byte;
      return --left_ == 0 ? endFrame() : Event::None;
    case State::Broken: return Event::Violation;
  }
  return Event::None;
}

WebSocketDecoder::Event WebSocketDecoder::head(uint8_t byte) {
  const uint8_t opcode = byte & OPCODE;
  const bool isFinal = (byte & FINAL) != 0;
  head_ = byte;
  if ((byte & RESERVED) != 0) return violation();
  if (isControl()) {
    if (!isFinal || opcode > PONG) return violation();
  } else {
    // A message goes on, or a new one begins.
    if (opcode > BINARY || (opcode == CONTINUATION) != (fate_ != Fate::None)) return violation();
    if (opcode != CONTINUATION) {
      fate_ = opcode == TEXT ? Fate::Ignored : Fate::Kept;
      messageLength_ = 0;
    }
  }
  state_ = State::Length;
  return Event::None;
}

WebSocketDecoder::Event WebSocketDecoder::beginPayload() {
  if (isControl()) {
    // Between the parts of a message its place is behind them; where there is none, a Ping goes unanswered.
    start_ = fate_ == Fate::Kept ? messageLength_ : 0;
    length_ = 0;
    isKept_ = left_ <= size_ - start_;
  } else {
    if (fate_ == Fate::Kept && left_ > size_ - messageLength_) fate_ = Fate::TooLarge;
    start_ = 0;
    length_ = messageLength_;
    isKept_ = fate_ == Fate::Kept;
  }
  state_ = State::Payload;
  return left_ == 0 ? endFrame() : Event::None;
}

WebSocketDecoder::Event WebSocketDecoder::endFrame() {
  state_ = State::Head;
  if (isControl()) {
    const uint8_t opcode = head_ & OPCODE;
    if (opcode == CLOSE) return Event::Close;
    return opcode == PING_CODE && isKept_ ? Event::Ping : Event::None;
  }
  messageLength_ = length_;
  if ((head_ & FINAL) == 0) return Event::None;
  const Fate fate = fate_;
  fate_ = Fate::None;
  messageLength_ = 0;
  if (fate == Fate::Kept) return Event::Message;
  return fate == Fate::TooLarge ? Event::TooLarge : Event::None;
}

size_t WebSocketDecoder::direct(uint8_t *&place) {
  if (state_ != State::Payload || !isKept_) return 0;
  place = buffer_ + start_ + length_;
  return static_cast<size_t>(left_);
}

WebSocketDecoder::Event WebSocketDecoder::took(size_t count) {
  length_ += count;
  left_ -= static_cast<uint32_t>(count);
  return left_ == 0 ? endFrame() : Event::None;
}

WebSocketDecoder::Event WebSocketDecoder::violation() {
  state_ = State::Broken;
  return Event::Violation;
}

}  // namespace crosscomm
