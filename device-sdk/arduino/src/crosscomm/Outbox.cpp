#include "Outbox.h"

namespace crosscomm {

void Outbox::setLength(size_t offset, size_t length) {
  buffer_[offset] = static_cast<uint8_t>(length);
  buffer_[offset + 1] = static_cast<uint8_t>(length >> 8);
}

CROSSCOMM_NOINLINE size_t Outbox::offsetOf(uint16_t place) const {
  size_t offset = 0;
  while (place-- > 0) offset += HEADER + lengthAt(offset);
  return offset;
}

void Outbox::keep(size_t length) {
  setLength(used_, length);
  if (change_ != nullptr) change_(*this, 0, length);
  used_ += HEADER + length;
  count_++;
}

void Outbox::restore(size_t used) {
  while (used_ < used) {
    used_ += HEADER + lengthAt(used_);
    count_++;
  }
}

void Outbox::forget(uint16_t frames) {
  if (frames > count_) frames = count_;
  if (frames == 0) return;
  const size_t gone = offsetOf(frames);
  if (change_ != nullptr) {
    change_(*this, frames, gone);
  } else {
    memmove(buffer_, buffer_ + gone, used_ - gone);
  }
  used_ -= gone;
  count_ = static_cast<uint16_t>(count_ - frames);
  sent_ = sent_ > frames ? static_cast<uint16_t>(sent_ - frames) : 0;
  // Counting the longest numbers keeps to the window, whatever they are.
  sentBytes_ = 0;
  for (uint16_t i = 0; i < sent_; i++) {
    size_t length;
    frame(i, length);
    sentBytes_ += length + MOST_ENVELOPE;
  }
}

/** One byte, and nothing is moved: a reset finds a frame that is given up, or one that is not. */
CROSSCOMM_NOINLINE void Outbox::giveUp(uint16_t place) {
  if (place < count_) buffer_[offsetOf(place) + HEADER] = NULL_BYTE;
}

CROSSCOMM_NOINLINE const uint8_t *Outbox::frame(uint16_t place, size_t &length) const {
  const size_t offset = offsetOf(place);
  const uint8_t *const bytes = buffer_ + offset + HEADER;
  // A frame is an array, so it never begins with null.
  length = *bytes == NULL_BYTE ? 1 : lengthAt(offset);
  return bytes;
}

const uint8_t *Outbox::unsent(size_t &length) const { return sent_ < count_ ? frame(sent_, length) : nullptr; }

void Outbox::markSent(size_t length) {
  sent_++;
  sentBytes_ += length + MOST_ENVELOPE;
}

CROSSCOMM_NOINLINE void Outbox::rewind() {
  sent_ = 0;
  sentBytes_ = 0;
}

}  // namespace crosscomm
