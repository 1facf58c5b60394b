// What the device tells of itself: section 21 of the protocol. Linked where a sketch describes it.

#include "Core.h"
#include "CoreTimes.h"

namespace crosscomm {

namespace {

/** There is one for the whole sketch. */
struct Description {
  Core *core;
  const FlashText *text;
  /** The gateway has it in this session, or will never take it. */
  bool isSettled;
} description;

}  // namespace

void Core::describe(const FlashText *text) {
  static Part part = {descriptionPart, DescriptionPart, nullptr};
  description.core = this;
  description.text = text;
  description.isSettled = false;
  usePart(part);
}

CROSSCOMM_NOINLINE bool Core::descriptionPart(Core &core, Event event) {
  if (description.core != &core) return true;
  const Frame &frame = core.frame_;
  switch (event) {
    case Event::NewSession: description.isSettled = false; break;
    case Event::Work:
      if (description.isSettled || core.timers_[DeclareTimer] > 0) break;
      // A gateway of before that does not answer.
      if (core.declareWait_ >= LONGEST_REPEAT_WAIT) {
        description.isSettled = true;
      } else if (core.mayDeclare()) {
        core.sendFrame(writeDescription, description.text);
      }
      break;
    case Event::Frame:
      if (frame.type != FrameType::Describe) break;
      description.isSettled = true;
      core.declared();
      break;
    case Event::Error:
      if (frame.number(ABOUT, ABOUT_TYPE) == FrameType::Describe) description.isSettled = true;
      break;
    default: break;
  }
  return true;
}

void Core::writeDescription(Core &, CborWriter &writer, const void *text) {
  writer.array(2);
  writer.unsignedInteger(FrameType::Describe);
  writer.text(static_cast<const FlashText *>(text));
}

}  // namespace crosscomm
