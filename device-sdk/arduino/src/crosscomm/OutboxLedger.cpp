// An outbox that outlives a reset of the board. Linked where a sketch gives memory for it.

#include "OutboxLedger.h"

#include "Frame.h"
#include "FrameChecksum.h"

namespace crosscomm {

namespace {

/** Copies byte by byte, in this order, as the compiler must not. */
CROSSCOMM_NOINLINE void store(void *to, const void *from, size_t length) {
  volatile uint8_t *at = static_cast<uint8_t *>(to);
  const uint8_t *byte = static_cast<const uint8_t *>(from);
  for (; length > 0; length--) {
    *at++ = *byte++;
    CROSSCOMM_STORED();
  }
}

CROSSCOMM_NOINLINE uint16_t crcOf(const void *bytes, size_t length, uint16_t crc) {
  const uint8_t *byte = static_cast<const uint8_t *>(bytes);
  for (; length > 0; length--) crc = crcUpdate(crc, *byte++);
  return crc;
}

/** Of a frame. Without its first byte, which is another one once the frame is given up. */
uint16_t sumOf(const uint8_t *frame, size_t length) { return crcOf(frame + 1, length - 1, CRC_START); }

}  // namespace

CROSSCOMM_NOINLINE uint16_t OutboxLedger::checkOf(const Record &record) const {
  return crcOf(&record, offsetof(Record, check), crcOf(&bootId_, sizeof bootId_, size_));
}

CROSSCOMM_NOINLINE uint16_t OutboxLedger::noise() const { return crcOf(this, sizeof *this, CRC_START); }

CROSSCOMM_NOINLINE void OutboxLedger::commit(Record &record) {
  record.check = checkOf(record);
  const uint8_t next = static_cast<uint8_t>(~current_);
  store(&records_[next == SECOND], &record, sizeof record);
  store(&current_, &next, 1);
}

void OutboxLedger::begin(uint32_t program, uint32_t bootId, size_t size) {
  const uint32_t noProgram = ~program;
  const uint16_t shortSize = static_cast<uint16_t>(size);
  const uint8_t first = FIRST;
  store(&program_, &noProgram, sizeof program_);
  store(&bootId_, &bootId, sizeof bootId_);
  store(&size_, &shortSize, sizeof size_);
  store(&current_, &first, 1);
  Record empty = Record();
  commit(empty);
  store(&program_, &program, sizeof program_);
}

bool OutboxLedger::isWhole(uint32_t program, uint8_t *bytes, size_t size) {
  if (program_ != program || size_ != size || (current_ != FIRST && current_ != SECOND)) return false;
  const Record &last = record();
  if (last.check != checkOf(last) || last.used > size) return false;
  if (last.gapAt > last.used || last.gap > last.used - last.gapAt) return false;
  closeGap(bytes);
  const uint16_t used = record().used;
  uint16_t sum = 0;
  for (uint16_t at = 0; at < used;) {
    if (used - at <= Outbox::HEADER) return false;
    const uint16_t length = static_cast<uint16_t>(bytes[at] | bytes[at + 1] << 8);
    at = static_cast<uint16_t>(at + Outbox::HEADER);
    if (length == 0 || length > used - at) return false;
    Frame frame;
    if (bytes[at] != Outbox::NULL_BYTE && checkFrame(bytes + at, length, length, frame) != Result::Ok) return false;
    sum = static_cast<uint16_t>(sum + sumOf(bytes + at, length));
    at = static_cast<uint16_t>(at + length);
  }
  return sum == record().sum;
}

void OutboxLedger::setKnown(uint32_t acknowledged) {
  if (isKnown() && record().acknowledged == acknowledged) return;
  Record changed = record();
  changed.acknowledged = acknowledged;
  changed.isKnown = 1;
  commit(changed);
}

void OutboxLedger::append(const uint8_t *frame, size_t length) {
  Record changed = record();
  changed.used = static_cast<uint16_t>(changed.used + Outbox::HEADER + length);
  changed.sum = static_cast<uint16_t>(changed.sum + sumOf(frame, length));
  commit(changed);
}

void OutboxLedger::forget(uint8_t *bytes, uint16_t frames, size_t gone) {
  Record changed = record();
  changed.acknowledged += frames;
  changed.gap = static_cast<uint16_t>(gone);
  for (size_t at = 0; at < gone;) {
    const size_t length = static_cast<size_t>(bytes[at] | static_cast<uint16_t>(bytes[at + 1]) << 8);
    at += Outbox::HEADER;
    changed.sum = static_cast<uint16_t>(changed.sum - sumOf(bytes + at, length));
    at += length;
  }
  commit(changed);
  closeGap(bytes);
}

CROSSCOMM_NOINLINE void OutboxLedger::closeGap(uint8_t *bytes) {
  Record moved = record();
  if (moved.gap == 0) return;
  for (;;) {
    const uint16_t from = static_cast<uint16_t>(moved.gapAt + moved.gap);
    const uint16_t left = static_cast<uint16_t>(moved.used - from);
    if (left == 0) break;
    const uint16_t piece = left < moved.gap ? left : moved.gap;
    store(bytes + moved.gapAt, bytes + from, piece);
    moved.gapAt = static_cast<uint16_t>(moved.gapAt + piece);
    commit(moved);
  }
  moved.used = moved.gapAt;
  moved.gapAt = 0;
  moved.gap = 0;
  commit(moved);
}

}  // namespace crosscomm
