// Leaving channels: section 7's Unalias. Linked where a sketch leaves one.

#include "Core.h"

namespace crosscomm {

void Core::leave(const char *channel) {
  Entry *const entry = find(channel, false);
  if (entry == nullptr) return;
  entry->onMessage = nullptr;
  entry->state = Entry::Leaving;
  static Part part = {offPart, OffPart, nullptr};
  usePart(part);
}

bool Core::offPart(Core &core, Event event) {
  const Frame &frame = core.frame_;
  switch (event) {
    case Event::Work: return core.leaveChannels();
    case Event::Frame:
      if (frame.type == FrameType::Unalias) core.haveLeft(frame.number(0));
      break;
    case Event::Error:
      if (frame.number(ABOUT, ABOUT_TYPE) == FrameType::Unalias) core.haveLeft(frame.number(ABOUT, ABOUT_NUMBER));
      break;
    case Event::NewSession:
      for (uint8_t i = 0; i < core.entryCount_; i++) core.haveLeft(i);
      break;
    default: break;
  }
  return true;
}

bool Core::leaveChannels() {
  // What is kept may name the channel by its number.
  if (outbox_.count() > 0) return true;
  for (uint8_t i = 0; i < entryCount_; i++) {
    if (entries_[i].state != Entry::Leaving) continue;
    if (mayDeclare()) sendShort(FrameType::Unalias, i);
    return false;
  }
  return true;
}

/** The number is free again, and so is its place. */
void Core::haveLeft(uint32_t number) {
  declared();
  Entry *const entry = entryAt(number);
  // on() may have joined it again in the meantime.
  if (entry == nullptr || entry->state != Entry::Leaving) return;
  entry->state = Entry::Free;
  entry->name = "";
}

}  // namespace crosscomm
