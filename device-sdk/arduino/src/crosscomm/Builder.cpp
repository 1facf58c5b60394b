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

Builder Core::newBuilder(uint8_t items, uint8_t type) {
  generation_++;
  Builder builder(this, outbox_.room(), outbox_.roomLength(), Result::Ok);
  builder.generation_ = generation_;
  builder.writer_.array(items);
  builder.writer_.unsignedInteger(type);
  return builder;
}

Builder Core::beginMessage(const char *to) {
  Builder builder = newBuilder(3, FrameType::Message);
  writeTarget(builder.writer_, to);
  return builder;
}

/** A number where the gateway knows it, else the text. */
void Core::writeKey(CborWriter &writer, const char *key) {
  for (uint16_t i = 0; i < keysKnown_; i++) {
    if (strcmp(dictionary().keys[i], key) == 0) return writer.unsignedInteger(i);
  }
  writer.text(key);
}

Builder &Builder::takeKey(const char *name) {
  if (level_ == 0 && items_[0] == 0) beginMap();
  if ((maps_ >> level_ & 1) == 0 || (items_[level_] & 1) != 0) {
    result_ = Result::BadNesting;
    return *this;
  }
  items_[level_]++;
  if (core_->isCurrent(*this)) core_->writeKey(writer_, name);
  return *this;
}

Builder &Builder::key(const FlashText *name) {
  const NameCopy copy(name);
  if (copy.isBad()) result_ = Result::BadName;
  return takeKey(copy.text());
}

/** Whether a value may come now, and the outbox's free part is still this message's. */
CROSSCOMM_NOINLINE bool Builder::takeValue() {
  const bool isMap = (maps_ >> level_ & 1) != 0;
  if (isMap ? (items_[level_] & 1) == 0 : level_ == 0 && items_[0] > 0) {
    result_ = Result::BadNesting;
    return false;
  }
  items_[level_]++;
  return core_->isCurrent(*this);
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
  if (result_ == Result::Ok && !core_->isCurrent(*this)) return Result::Interrupted;
  return result_;
}

void Builder::write(Core &, CborWriter &writer, const void *builder) {
  const Builder &made = *static_cast<const Builder *>(builder);
  writer.put(made.buffer_, made.writer_.length());
}

Result Builder::send() {
  const Result result = finish();
  if (result != Result::Ok) return result;
  if (!writer_.fits()) return core_->hasRoomFor(writer_.length()) ? Result::OutboxFull : Result::OutboxTooSmall;
  core_->generation_++;
  return core_->sendData(write, this);
}

Result Builder::deliver() {
  const Result result = finish();
  return result == Result::Ok ? core_->keep(writer_) : result;
}

}  // namespace crosscomm
