#pragma once

#include "Outbox.h"

namespace crosscomm {

/**
 * What an outbox has to remember over a reset, beside its bytes. It lives where a reset leaves memory alone, so it has no
 * constructor, and what is in it may be chance.
 *
 * A change is written into the record that does not count, then one byte makes it the one that counts. So a reset at any
 * instruction leaves the old state or the new one. Bytes are moved down by pieces that do not overlap, a record after each:
 * whoever finds a gap goes on moving.
 */
class OutboxLedger {
 public:
  /** Whether it holds what the same program has left in a buffer of that size. Finishes a move that was interrupted. */
  bool isWhole(uint32_t program, uint8_t *bytes, size_t size);
  /** Begins anew, without frames. */
  void begin(uint32_t program, uint32_t bootId, size_t size);
  /** A number that depends on all that is in it: chance, where the memory has just got its power. */
  uint16_t noise() const;

  uint32_t bootId() const { return bootId_; }
  uint32_t acknowledged() const { return record().acknowledged; }
  size_t used() const { return record().used; }
  /** Whether the gateway knows the numbering, so that frames may have been sent. */
  bool isKnown() const { return record().isKnown != 0; }
  void setKnown(uint32_t acknowledged);

  /** A frame was put behind the others. */
  void append(const uint8_t *frame, size_t length);
  /** Forgets the oldest frames, which have so many bytes, and moves the others down. */
  void forget(uint8_t *bytes, uint16_t frames, size_t gone);

 private:
  struct Record {
    uint32_t acknowledged;
    /** The bytes of all frames, and where among them is a gap of bytes that are not of a frame, which counts in `used`. */
    uint16_t used;
    uint16_t gapAt;
    uint16_t gap;
    /** The frames' checksums, added. */
    uint16_t sum;
    uint8_t isKnown;
    /** No byte is left to chance by the compiler. */
    uint8_t zero;
    uint16_t check;
  };
  static const uint8_t FIRST = 0x3C, SECOND = 0xC3;
  const Record &record() const { return records_[current_ == SECOND]; }
  uint16_t checkOf(const Record &record) const;
  void commit(Record &record);
  void closeGap(uint8_t *bytes);

  /** Which program's it is; written last, when all else is right. */
  uint32_t program_;
  uint32_t bootId_;
  Record records_[2];
  uint16_t size_;
  /** FIRST or SECOND, the record that counts: all bits differ, so that one that flips is noticed. */
  uint8_t current_;
};

}  // namespace crosscomm
