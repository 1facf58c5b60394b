// Maps without their keys: section 7 of the protocol. Linked where a sketch has a shape.

#include "Shape.h"

#include "Core.h"

namespace crosscomm {

namespace {

/** Where the key behind this one begins, or the zero at the end. `length`: how many bytes this one has. */
const char *nextKey(const char *key, uint8_t &length) {
  char letter;
  for (length = 0; (letter = static_cast<char>(pgm_read_byte(key + length))) != 0 && letter != ',';) length++;
  return key + length + (letter != 0 ? 1 : 0);
}

void writeFlash(CborWriter &writer, const char *text, uint8_t length) {
  writer.textHead(length);
  for (; length > 0; length--) writer.put(pgm_read_byte(text++));
}

}  // namespace

uint8_t Shape::keyCount() const {
  const char *at = reinterpret_cast<const char *>(keys_);
  uint8_t count = 0, length;
  for (; pgm_read_byte(at) != 0; count++) at = nextKey(at, length);
  return count;
}

Result Shape::sendParts(const ShapedValue *parts, uint8_t count) const {
  if (core_ == nullptr) return Result::NotBegun;
  const ShapedMessage message = {this, parts, count};
  return core_->sendData(Core::writeShaped, &message);
}

Result Core::shape(Shape &shape, const FlashText *keys) {
  Entry *const entry = addEntry(shape.channel_, false);
  if (entry == nullptr) return Result::TooManyChannels;
  entry->state = Entry::New;
  // The entry may have another copy of the name, and is found by it.
  shape.channel_ = entry->name;
  shape.keys_ = keys;
  if (shape.core_ == nullptr) {
    shape.next_ = allShapes_;
    allShapes_ = &shape;
  }
  shape.core_ = this;
  onFrame_ = lookAtFrame;
  writeChannel_ = writeShapedAlias;
  shape.isTaken_ = shape.isRefused_ = false;
  return Result::Ok;
}

Shape *Core::shapeOf(const Entry &entry) {
  for (Shape *shape = allShapes_; shape != nullptr; shape = shape->next_) {
    if (shape->core_ == this && shape->channel_ == entry.name) return shape;
  }
  return nullptr;
}

void Core::writeShape(CborWriter &writer, const Shape &shape) {
  const char *at = reinterpret_cast<const char *>(shape.keys_);
  writer.array(shape.keyCount());
  while (pgm_read_byte(at) != 0) {
    uint8_t length;
    const char *const next = nextKey(at, length);
    writeFlash(writer, at, length);
    at = next;
  }
}

void Core::writeShaped(Core &core, CborWriter &writer, const void *what) {
  const ShapedMessage &message = *static_cast<const ShapedMessage *>(what);
  const Entry *const entry = core.find(message.shape->channel_, false);
  const bool hasNoKeys = entry != nullptr && entry->state == Entry::Confirmed && message.shape->isTaken_;
  const char *at = reinterpret_cast<const char *>(message.shape->keys_);
  writer.array(3);
  writer.put(FrameType::Message);
  core.writeTarget(writer, message.shape->channel_);
  if (hasNoKeys) writer.array(message.count);
  else writer.map(message.count);
  for (uint8_t i = 0; i < message.count; i++) {
    if (!hasNoKeys) {
      uint8_t length;
      const char *const next = nextKey(at, length);
      writeFlash(writer, at, length);
      at = next;
    }
    message.parts[i].write(writer, message.parts[i].value);
  }
}

void Core::writeShapedAlias(Core &core, CborWriter &writer, const void *what) {
  const Entry &entry = *static_cast<const Entry *>(what);
  const Shape *const shape = core.shapeOf(entry);
  writer.put(static_cast<uint8_t>(Cbor::ARRAY | (shape != nullptr ? 5 : 4)));
  core.writeAliasFields(writer, entry);
  if (shape != nullptr) writeShape(writer, *shape);
}

/** Whether a shape is taken, and whether the message that came has values without keys: those are found by it. */
void Core::lookAtFrame(Core &core) {
  const Frame &frame = core.frame_;
  core.shapeInHand().keys = nullptr;
  const bool isConfirmation = frame.type == FrameType::Alias;
  if (!isConfirmation && frame.type != FrameType::Message) return;
  const Entry *const entry = frame.isNumber(0) ? core.entryAt(frame.number(0)) : nullptr;
  Shape *const shape = entry != nullptr ? core.shapeOf(*entry) : nullptr;
  if (shape == nullptr) return;
  if (isConfirmation) {
    shape->isTaken_ = (frame.number(2) & SHAPE_TAKEN) != 0;
    shape->isRefused_ = !shape->isTaken_;
  } else if (!shape->isRefused_) {
    core.shapeInHand() = ShapeInHand{shape->keys_, frame.field(1).begin()};
  }
}

}  // namespace crosscomm
