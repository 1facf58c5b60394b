#include "Slip.h"

namespace crosscomm {

namespace {
const uint8_t END = 0xC0, ESC = 0xDB, ESCAPED_END = 0xDC, ESCAPED_ESC = 0xDD;
const uint8_t FIRST_HEAD = 0x81, LAST_HEAD = 0x97;
const size_t SHORTEST = 1, CHECKSUM = 2;
}  // namespace

void SlipEncoder::begin(Print &out) {
  out_ = &out;
  crc_ = CRC_START;
  out_->write(END);
}

CROSSCOMM_NOINLINE void SlipEncoder::put(const uint8_t *bytes, size_t length) {
  uint16_t crc = crc_;
  for (; length > 0; length--) {
    uint8_t byte = *bytes++;
    crc = crcUpdate(crc, byte);
    if (byte == END || byte == ESC) {
      out_->write(ESC);
      byte = byte == END ? ESCAPED_END : ESCAPED_ESC;
    }
    out_->write(byte);
  }
  crc_ = crc;
}

void SlipEncoder::end() {
  const uint16_t checksum = static_cast<uint16_t>(~crc_);
  const uint8_t bytes[] = {static_cast<uint8_t>(checksum), static_cast<uint8_t>(checksum >> 8)};
  put(bytes, sizeof bytes);
  out_->write(END);
}

void SlipDecoder::useBuffer(uint8_t *buffer, size_t size) {
  buffer_ = buffer;
  size_ = size;
  length_ = 0;
  state_ = State::Text;
}

SlipDecoder::Event SlipDecoder::push(uint8_t byte) {
  const State state = state_;
  // Most bytes are those of a frame, and none of these.
  if (state != State::Frame || byte == END || byte == ESC) {
    if (state <= State::Start) {
      if (byte == END) {
        state_ = State::Start;
        return Event::None;
      }
      state_ = State::Text;
      if (state == State::Text || byte < FIRST_HEAD || byte > LAST_HEAD) return Event::Text;
      length_ = 0;
      crc_ = CRC_START;
    } else if (byte == END) {
      state_ = State::Start;
      if (state != State::Frame) return state == State::Skip ? Event::None : Event::BadEscape;
      if (length_ < SHORTEST + CHECKSUM || crc_ != CRC_RESIDUE) return Event::BadChecksum;
      length_ -= CHECKSUM;
      return Event::Frame;
    } else if (state == State::Skip) {
      return Event::None;
    } else if (state == State::Escape) {
      if (byte != ESCAPED_END && byte != ESCAPED_ESC) {
        state_ = State::Skip;
        return Event::BadEscape;
      }
      byte = byte == ESCAPED_END ? END : ESC;
    } else {
      state_ = State::Escape;
      return Event::None;
    }
    state_ = State::Frame;
  }
  if (length_ >= size_) {
    state_ = State::Skip;
    return Event::TooLarge;
  }
  buffer_[length_++] = byte;
  crc_ = crcUpdate(crc_, byte);
  return Event::None;
}

}  // namespace crosscomm
