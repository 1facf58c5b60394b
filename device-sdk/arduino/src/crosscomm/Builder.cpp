#include "Builder.h"

#include "Core.h"

namespace crosscomm {

namespace {
const uint8_t MAP_HEAD = 0xA0;
/** The largest count that fits into the first byte of a head. */
const uint16_t IN_HEAD = 23;
}  // namespace

Builder::Builder(Core *core, uint8_t *buffer, size_t room, Result result)
    : core_(core), buffer_(buffer), room_(room), writer_(buffer, room), result_(result) {
  items_[0] = 0;
}

Builder &Builder::key(const char *name) {
  if (level_ == 0 && items_[0] == 0) beginMap();
  if ((maps_ >> level_ & 1) == 0 || (items_[level_] & 1) != 0) {
    result_ = Result::BadNesting;
    return *this;
  }
  items_[level_]++;
  if (!core_->isCurrent(*this)) return *this;
  const int16_t number = core_->keyNumber(name);
  if (number >= 0) {
    writer_.unsignedInteger(static_cast<uint32_t>(number));
  } else {
    writer_.text(name);
  }
  return *this;
}

/** Whether a value may come now, and the outbox's free part is still this message's. */
bool Builder::takeValue() {
  const bool isMap = (maps_ >> level_ & 1) != 0;
  if (isMap ? (items_[level_] & 1) == 0 : level_ == 0 && items_[0] > 0) {
    result_ = Result::BadNesting;
    return false;
  }
  items_[level_]++;
  return core_->isCurrent(*this);
}

Builder &Builder::add(bool value) {
  if (takeValue()) writer_.boolean(value);
  return *this;
}

Builder &Builder::add(long value) {
  if (sizeof(long) > 4) return add(static_cast<long long>(value));
  if (takeValue()) writer_.integer(static_cast<int32_t>(value));
  return *this;
}

Builder &Builder::add(unsigned long value) {
  if (sizeof(long) > 4) return add(static_cast<unsigned long long>(value));
  if (takeValue()) writer_.unsignedInteger(static_cast<uint32_t>(value));
  return *this;
}

Builder &Builder::add(long long value) {
  if (takeValue()) writer_.integer64(value);
  return *this;
}

Builder &Builder::add(unsigned long long value) {
  if (takeValue()) writer_.unsignedInteger64(value);
  return *this;
}

Builder &Builder::add(float value) {
  if (takeValue()) writer_.floating(value);
  return *this;
}

Builder &Builder::add(double value) {
  if (takeValue()) writer_.floating(value);
  return *this;
}

Builder &Builder::add(const char *text) {
  if (takeValue()) writer_.text(text);
  return *this;
}

Builder &Builder::add(const FlashText *text) {
  if (takeValue()) writer_.text(text);
  return *this;
}

Builder &Builder::addNull() {
  if (takeValue()) writer_.null();
  return *this;
}

Builder &Builder::addBytes(const uint8_t *bytes, size_t length) {
  if (takeValue()) writer_.bytes(bytes, length);
  return *this;
}

Builder &Builder::open(uint8_t head) {
  if (!takeValue()) return *this;
  if (level_ >= MAX_OPEN) {
    result_ = Result::TooDeep;
    return *this;
  }
  heads_[level_++] = writer_.length();
  items_[level_] = 0;
  maps_ = static_cast<uint8_t>(head == MAP_HEAD ? maps_ | 1 << level_ : maps_ & ~(1 << level_));
  writer_.put(head);
  return *this;
}

Builder &Builder::end() {
  const bool isMap = (maps_ >> level_ & 1) != 0;
  if (level_ == 0 || (isMap && (items_[level_] & 1) != 0)) {
    result_ = Result::BadNesting;
    return *this;
  }
  const uint16_t count = static_cast<uint16_t>(isMap ? items_[level_] / 2 : items_[level_]);
  const size_t head = heads_[--level_];
  if (!core_->isCurrent(*this)) return *this;
  // The count is known only now. It mostly fits into the head; else what follows moves up.
  const uint8_t extra = count <= IN_HEAD ? 0 : count < 0x100 ? 1 : 2;
  const size_t behind = writer_.length() - head - 1;
  for (uint8_t i = 0; i < extra; i++) writer_.put(0);
  if (!writer_.fits()) return *this;
  uint8_t *at = buffer_ + head;
  memmove(at + 1 + extra, at + 1, behind);
  *at = static_cast<uint8_t>(*at | (extra == 0 ? count : 23 + extra));
  if (extra == 2) at[1] = static_cast<uint8_t>(count >> 8);
  if (extra > 0) at[extra] = static_cast<uint8_t>(count);
  return *this;
}

Result Builder::finish() {
  while (level_ > 0 && result_ == Result::Ok) end();
  if (items_[0] == 0) addNull();
  if (result_ != Result::Ok) return result_;
  if (!core_->isCurrent(*this)) return Result::Interrupted;
  if (writer_.fits()) return Result::Ok;
  return core_->hasRoomFor(writer_.length()) ? Result::OutboxFull : Result::OutboxTooSmall;
}

Result Builder::send() {
  const Result result = finish();
  return result == Result::Ok ? core_->sendBare(*this) : result;
}

Result Builder::deliver() {
  const Result result = finish();
  return result == Result::Ok ? core_->keep(*this) : result;
}

}  // namespace crosscomm
