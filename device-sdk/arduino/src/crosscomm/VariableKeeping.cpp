// Variables whose last value the gateway keeps: section 18 of the protocol. Linked where a sketch has one.

#include "Core.h"
#include "CoreTimes.h"

namespace crosscomm {

namespace {
/** Marks of a variable beside its kind: it is kept; what the gateway keeps is known in this session, and was since the start. */
const uint8_t KEPT = 0x80, KNOWN = 0x40, EVER_KNOWN = 0x20, KIND = 0x0F;
}  // namespace

/** A variable as the rest of Core knows it, without its marks, as long as this is there. */
class Unmarked {
 public:
  explicit Unmarked(Variable &variable) : variable_(variable), marks_(marksOf(variable)) { unmark(variable, marks_); }
  ~Unmarked() { mark(variable_, marks_); }

  static uint8_t marksOf(const Variable &variable) { return static_cast<uint8_t>(variable.kind_) & ~KIND; }
  static void mark(Variable &variable, uint8_t marks) {
    variable.kind_ = static_cast<Variable::Kind>(static_cast<uint8_t>(variable.kind_) | marks);
  }
  static void unmark(Variable &variable, uint8_t marks) {
    variable.kind_ = static_cast<Variable::Kind>(static_cast<uint8_t>(variable.kind_) & ~marks);
  }

 private:
  Variable &variable_;
  const uint8_t marks_;
};

namespace {
/** What the gateway keeps of it is not known in this session yet. */
bool isAwaited(const Variable &variable) { return (Unmarked::marksOf(variable) & (KEPT | KNOWN)) == KEPT; }
}  // namespace

void Variable::keep() {
  Unmarked::mark(*this, KEPT);
  Core::keepingPart_ = Core::keepVariables;
}

/** In place of the part that knows nothing of marks. */
bool Core::keepVariables(Core &core, Event event) {
  switch (event) {
    case Event::NewSession:
      for (Variable *each = core.variables_; each != nullptr; each = each->next_) Unmarked::unmark(*each, KNOWN);
      break;
    case Event::Work:
      core.askForKept();
      core.sendUnlessAwaited();
      break;
    case Event::Frame:
      if (core.frame_.type == FrameType::Keep) core.takeKept();
      if (core.frame_.type == FrameType::Message) core.receiveMarked();
      break;
    default: break;
  }
  return true;
}

void Core::sendUnlessAwaited() {
  const uint16_t now = static_cast<uint16_t>(nowMs_);
  for (Variable *each = variables_; each != nullptr; each = each->next_) {
    // What it begins with must not take the place of what is kept.
    if (!each->isChanged_ || isAwaited(*each) || static_cast<uint16_t>(now - each->sentMs_) < each->intervalMs_)
      continue;
    const Unmarked unmarked(*each);
    if (keepFrame(writeVariable, each) != Result::Ok) continue;
    each->isChanged_ = false;
    each->sentMs_ = now;
  }
}

void Core::receiveMarked() {
  for (Variable *each = variables_; each != nullptr; each = each->next_) {
    if (!isOf(frame_, *each)) continue;
    const Unmarked unmarked(*each);
    each->receive(frame_.field(1).item(each->key_));
  }
}

bool Core::isOf(const Frame &frame, const Variable &variable) {
  const Entry *const entry = frame.isNumber(0) ? entryAt(frame.number(0)) : nullptr;
  return entry != nullptr ? strcmp(entry->name, variable.channel_) == 0 : frame.field(0).equals(variable.channel_);
}

/** Asks for one after the other. */
void Core::askForKept() {
  for (Variable *each = variables_; each != nullptr; each = each->next_) {
    if (!isAwaited(*each)) continue;
    if (timers_[DeclareTimer] > 0) return;
    if (declareWait_ < LONGEST_REPEAT_WAIT) {
      mayDeclare();
      sendFrame(writeKeep, each);
      return;
    }
    // A gateway of before that does not answer.
    Unmarked::mark(*each, KNOWN);
  }
}

void Core::takeKept() {
  for (Variable *each = variables_; each != nullptr; each = each->next_) {
    const uint8_t marks = Unmarked::marksOf(*each);
    const Value value = frame_.field(1).item(each->key_);
    if (!(marks & KEPT) || !value.exists() || !frame_.field(0).equals(each->channel_)) continue;
    Unmarked::mark(*each, KNOWN | EVER_KNOWN);
    declared();
    // What it has set before, and has not delivered yet, comes later than what is kept.
    if (value.isNull() || isUnderWay(*each)) continue;
    if (!(marks & EVER_KNOWN)) each->isChanged_ = false;
    const Unmarked unmarked(*each);
    each->receive(value);
  }
}

/** Whether a setting of the variable waits in the outbox. */
bool Core::isUnderWay(const Variable &variable) {
  for (uint16_t i = 0; i < outbox_.count(); i++) {
    size_t length;
    const uint8_t *bytes = outbox_.frame(i, length);
    Frame frame;
    frame.useDictionary(&dictionary());
    if (checkFrame(bytes, length, length, frame) != Result::Ok || frame.type != FrameType::Message) continue;
    if (isOf(frame, variable) && frame.field(1).item(variable.key_).exists()) return true;
  }
  return false;
}

void Core::writeKeep(Core &, CborWriter &writer, const void *what) {
  const Variable &variable = *static_cast<const Variable *>(what);
  writer.array(3);
  writer.unsignedInteger(FrameType::Keep);
  writer.text(variable.channel_);
  writer.array(1);
  writer.text(variable.key_);
}

}  // namespace crosscomm
