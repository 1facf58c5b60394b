// Values that are shared with others, as OOCSI's variables are. Linked where a sketch has one.

#include "Core.h"

namespace crosscomm {

void Variable::assign(const void *value) {
  if (memcmp(value_, value, SIZE) == 0) return;
  memcpy(value_, value, SIZE);
  isChanged_ = true;
}

void Variable::write(CborWriter &writer) const {
  int32_t integer;
  float number;
  memcpy(&integer, value_, SIZE);
  memcpy(&number, value_, SIZE);
  switch (kind_) {
    case Kind::Bool: return writer.boolean(integer != 0);
    case Kind::Integer: return writer.integer(integer);
    default: return writer.floating(number);
  }
}

void Variable::receive(const Value &value) {
  // What the sketch has set, and nobody has heard of yet, comes later than this.
  if (isChanged_ || !value.exists()) return;
  const float number = kind_ == Kind::Float ? value.toFloat() : 0;
  const int32_t integer = static_cast<int32_t>(kind_ == Kind::Bool ? value.toBool() : value.toInt());
  const void *const bytes = kind_ == Kind::Float ? static_cast<const void *>(&number) : &integer;
  if (memcmp(value_, bytes, SIZE) == 0) return;
  memcpy(value_, bytes, SIZE);
  if (onChange_ != nullptr) onChange_();
}

Result Core::variable(Variable &variable) {
  Entry *const entry = addEntry(variable.channel_, false);
  if (entry == nullptr) return Result::TooManyChannels;
  // The channel is subscribed to, also where the sketch has no handler for it.
  if (entry->onMessage == nullptr) {
    entry->onMessage = ignore;
    entry->state = Entry::New;
  }
  static Part part = {variablesPart, VariablesPart, nullptr};
  usePart(part);
  for (const Variable *each = variables_; each != nullptr; each = each->next_) {
    if (each == &variable) return Result::Ok;
  }
  variable.next_ = variables_;
  variables_ = &variable;
  return Result::Ok;
}

/** Null for ever where no variable is kept. The compiler sees that, and leaves out what comes of it. */
CoreMemory::Part::Act Core::keepingPart_ = nullptr;

bool Core::variablesPart(Core &core, Event event) {
  if (keepingPart_ != nullptr) return keepingPart_(core, event);
  if (event == Event::Work) core.sendVariables();
  if (event == Event::Frame && core.frame_.type == FrameType::Message) core.receiveVariables();
  return true;
}

void Core::receiveVariables() {
  const Entry *const entry = frame_.isNumber(0) ? entryAt(frame_.number(0)) : nullptr;
  const Value to = frame_.field(0);
  const Value fields = frame_.field(1);
  for (Variable *each = variables_; each != nullptr; each = each->next_) {
    const bool isItsChannel = entry != nullptr ? strcmp(entry->name, each->channel_) == 0 : to.equals(each->channel_);
    if (isItsChannel) each->receive(fields.item(each->key_));
  }
}

void Core::sendVariables() {
  const uint16_t now = static_cast<uint16_t>(nowMs_);
  for (Variable *each = variables_; each != nullptr; each = each->next_) {
    if (!each->isChanged_ || static_cast<uint16_t>(now - each->sentMs_) < each->intervalMs_) continue;
    // Where the outbox is full, a later value will do as well.
    if (keepFrame(writeVariable, each) != Result::Ok) continue;
    each->isChanged_ = false;
    each->sentMs_ = now;
  }
}

void Core::writeVariable(Core &core, CborWriter &writer, const void *what) {
  const Variable &variable = *static_cast<const Variable *>(what);
  writer.array(3);
  writer.put(FrameType::Message);
  core.writeTarget(writer, variable.channel_);
  writer.map(1);
  core.writeKey(writer, variable.key_);
  variable.write(writer);
}

}  // namespace crosscomm
