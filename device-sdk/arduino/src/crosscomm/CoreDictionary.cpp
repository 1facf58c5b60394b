// Keys of maps by number: section 7 of the protocol. Linked where a sketch names its keys.

#include "Core.h"

namespace crosscomm {

namespace {
/** Where a Welcome has the gateway's limits, and which it is. */
const uint8_t LIMITS = 5, MAX_KEYS = 3;
}  // namespace

void Core::useKeys(const char *const *keys, uint16_t count) {
#ifdef __AVR__
  // Those of another object stay: a session has the numbers that were declared in it.
  if (dictionary().count == 0)
#endif
    dictionary() = Dictionary{keys, count};
  keysKnown_ = 0;
  keysTaken_ = dictionary().count;
  static Part part = {keysPart, KeysPart, nullptr};
  usePart(part);
}

CROSSCOMM_NOINLINE bool Core::keysPart(Core &core, Event event) {
  const Frame &frame = core.frame_;
  switch (event) {
    case Event::Work: return core.declareKeys();
    case Event::NewSession: {
      const uint32_t most = frame.number(LIMITS, MAX_KEYS);
      core.keysKnown_ = 0;
      core.keysTaken_ = most < core.dictionary().count ? static_cast<uint16_t>(most) : core.dictionary().count;
      break;
    }
    case Event::Frame:
      if (frame.type == FrameType::Dictionary) core.confirmKeys(frame.number(0));
      break;
    case Event::Error: {
      const uint32_t number = frame.number(ABOUT, ABOUT_NUMBER);
      if (frame.number(0) == Code::UnknownKey) {
        if (number < core.keysKnown_) core.keysKnown_ = static_cast<uint16_t>(number);
      } else if (frame.number(ABOUT, ABOUT_TYPE) == FrameType::Dictionary) {
        core.keysTaken_ = core.keysKnown_;
        core.declared();
      }
      break;
    }
    default: break;
  }
  return true;
}

void Core::confirmKeys(uint32_t number) {
  // A gateway that takes no more keys, and does not say so, is asked again by the clock only.
  if (number == keysKnown_) return;
  keysKnown_ = static_cast<uint16_t>(number < keysTaken_ ? number : keysTaken_);
  declared();
}

CROSSCOMM_NOINLINE void Core::writeKeys(Core &core, CborWriter &writer, const void *what) {
  const uint16_t count = *static_cast<const uint16_t *>(what);
  writer.array(3);
  writer.put(FrameType::Dictionary);
  writer.unsignedInteger(core.keysKnown_);
  writer.array(count);
  for (uint16_t i = 0; i < count; i++) writer.text(core.dictionary().keys[core.keysKnown_ + i]);
}

/** Declares what the gateway does not know yet. True when it knows all that it takes. */
bool Core::declareKeys() {
  uint16_t count = static_cast<uint16_t>(keysTaken_ - keysKnown_);
  if (count == 0) return true;
  // As many keys in one frame as the gateway takes.
  if (mayDeclare()) {
    while (sendFrame(writeKeys, &count) == Result::TooLarge && count > 1) count--;
  }
  return false;
}

}  // namespace crosscomm
