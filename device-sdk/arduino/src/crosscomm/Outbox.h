#pragma once

#include "Platform.h"

namespace crosscomm {

class OutboxLedger;

/**
 * Frames that the gateway has not acknowledged, in the order of their numbers, in a buffer of the sketch's. Each is two
 * bytes of length and the frame without its number: the number follows from its place, so the frames may get new ones.
 * What is free behind them is where messages are made.
 */
class Outbox {
 public:
  /** The head of the array, its type, and a number of 32 bits. */
  static const uint8_t MOST_ENVELOPE = 7;
  /** What a frame begins with that was given up. */
  static const uint8_t NULL_BYTE = 0xF6;
  /** The length of a frame before it. */
  static const uint8_t HEADER = 2;
  /**
   * Notes a change for after a reset: 0 frames where the one in room(), of that many bytes, is about to be kept, else how
   * many of the oldest are to go, with all their bytes; then it moves the others down, too.
   */
  typedef void (*Change)(Outbox &outbox, uint16_t frames, size_t length);

  /** Before all else, in memory that is zero. */
  void useBuffer(uint8_t *buffer, size_t size) {
    buffer_ = buffer;
    size_ = size;
  }
  /** Before all else, where frames outlive a reset: notes each change there. */
  void useLedger(OutboxLedger &ledger, Change change) {
    ledger_ = &ledger;
    change_ = change;
  }
  OutboxLedger *ledger() { return ledger_; }
  uint8_t *bytes() { return buffer_; }
  /** The buffer has frames already, in so many bytes. */
  void restore(size_t used);

  /** Where the next frame can be made, and how many bytes it may have. */
  uint8_t *room() { return buffer_ + (roomLength() > 0 ? used_ + HEADER : 0); }
  size_t roomLength() const { return used_ + HEADER < size_ ? size_ - used_ - HEADER : 0; }
  /** Whether a frame of that many bytes fits when nothing else is kept. */
  bool canEverHold(size_t length) const { return length + HEADER <= size_; }
  bool isHalfFree() const { return used_ <= size_ / 2; }

  /** Keeps the frame that was made in room(). */
  void keep(size_t length);
  uint16_t count() const { return count_; }
  /** Forgets the oldest frames. */
  void forget(uint16_t frames);
  /** Null is sent in the place of a frame, 0 is the oldest. */
  void giveUp(uint16_t place);

  /** The frames that are under way: the oldest ones, and the bytes that they take, with the longest numbers. */
  uint16_t sent() const { return sent_; }
  size_t sentBytes() const { return sentBytes_; }
  /** The next frame that is not under way, and its length; null if there is none. */
  const uint8_t *unsent(size_t &length) const;
  void markSent(size_t length);
  /** The link is a new one, or the frames seem to be lost: all have to be sent again. */
  void rewind();
  const uint8_t *frame(uint16_t place, size_t &length) const;

 private:
  size_t lengthAt(size_t offset) const {
    return static_cast<size_t>(buffer_[offset] | static_cast<uint16_t>(buffer_[offset + 1]) << 8);
  }
  void setLength(size_t offset, size_t length);
  size_t offsetOf(uint16_t place) const;

  uint8_t *buffer_;
  size_t size_;
  size_t used_;
  uint16_t count_;
  uint16_t sent_;
  size_t sentBytes_;
  OutboxLedger *ledger_;
  Change change_;
};

}  // namespace crosscomm
