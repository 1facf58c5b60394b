// Messages that are kept until the gateway has them: section 5 of the protocol.
// Linked where a sketch delivers, calls or offers.

#include "Core.h"
#include "CoreTimes.h"

namespace crosscomm {

namespace {

/** A frame of the outbox with its number. */
struct Kept {
  uint32_t number;
  const uint8_t *bytes;
  size_t length;
};

void writeKept(Core &, CborWriter &writer, const void *what) {
  const Kept &kept = *static_cast<const Kept *>(what);
  writer.array(3);
  writer.put(FrameType::Sequenced);
  writer.unsignedInteger(kept.number);
  writer.put(kept.bytes, kept.length);
}

}  // namespace

CROSSCOMM_NOINLINE Result Core::deliverValue(const char *to, ValueWriter write, const void *value) {
  const OneValue message = {to, write, value};
  return keepFrame(writeMessage, &message);
}

/** Writes a frame into the outbox and keeps it. */
CROSSCOMM_NOINLINE Result Core::keepFrame(FrameWriter write, const void *what) {
  generation_++;
  CborWriter writer(outbox_.room(), outbox_.roomLength());
  write(*this, writer, what);
  return keep(writer);
}

/** Keeps the frame that was written into the outbox. */
CROSSCOMM_NOINLINE Result Core::keep(const CborWriter &writer) {
  generation_++;
  if (state_ == State::Idle) return Result::NotBegun;
  const size_t length = writer.length();
  if (!writer.fits()) return outbox_.canEverHold(length) ? Result::OutboxFull : Result::OutboxTooSmall;
  if (state_ == State::Online && length + Outbox::MOST_ENVELOPE > gatewayMaxFrame_) return Result::TooLarge;
  useKept();
  outbox_.keep(length);
  return Result::Ok;
}

CROSSCOMM_NOINLINE void Core::onReceipt(ReceiptHandler handler) {
  onReceipt_ = handler;
  useKept();
}

void Core::useKept() {
  static Part part = {keptPart, KeptPart, nullptr};
  if (!uses(KeptPart)) startRepeating();
  usePart(part);
}

CROSSCOMM_NOINLINE bool Core::keptPart(Core &core, Event event) {
  switch (event) {
    case Event::Frame:
      if (core.frame_.type == FrameType::Ack) core.takeAck(core.frame_.number(0));
      if (core.frame_.type == FrameType::Receipt && core.onReceipt_ != nullptr) {
        core.onReceipt_(core.frame_.number(0), core.frame_.number(1), static_cast<uint16_t>(core.frame_.number(2)));
      }
      break;
    case Event::Work:
      core.repeatKept();
      if (core.state_ == State::Online) core.sendKept();
      break;
    case Event::Welcome: core.welcomeKept(core.frame_.number(2)); break;
    case Event::Lost: core.outbox_.rewind(); break;
    case Event::Error: core.mend(); break;
    default: break;
  }
  return true;
}

void Core::welcomeKept(uint32_t lastSeq) {
  // More than was sent is of an earlier start: what is kept comes behind it.
  if (lastSeq > acknowledged_ && lastSeq - acknowledged_ <= sentAhead_) forget(lastSeq);
  outbox_.rewind();
  startRepeating();
}

/** There was progress. */
CROSSCOMM_NOINLINE void Core::startRepeating() {
  repeatWait_ = FIRST_WAIT;
  timers_[RepeatTimer] = FIRST_WAIT_MS;
  tries_ = 0;
  hintUsed_ = false;
}

/** The gateway has taken everything up to that number. */
CROSSCOMM_NOINLINE void Core::forget(uint32_t number) {
  const uint16_t count = static_cast<uint16_t>(number - acknowledged_);
  outbox_.forget(count);
  sentAhead_ = static_cast<uint16_t>(sentAhead_ - count);
  acknowledged_ = number;
  generation_++;
}

void Core::takeAck(uint32_t number) {
  if (number > acknowledged_) {
    if (number - acknowledged_ > sentAhead_) return lose(0);
    forget(number);
    startRepeating();
  } else if (number == acknowledged_ && outbox_.sent() > 0 && !hintUsed_) {
    hintUsed_ = true;
    outbox_.rewind();
  }
}

/** Something was wrong with what was kept: sends it again, without what can never be right. */
void Core::mend() {
  const uint16_t code = static_cast<uint16_t>(frame_.number(0));
  const uint32_t number = frame_.number(ABOUT, ABOUT_NUMBER);
  if (code == Code::UnknownAlias) {
    if (number >= entryCount_ || entries_[number].state != Entry::New) giveUpFramesTo(number);
  } else if (code == Code::UnknownKey) {
    // The oldest frame is the one that waits; without its key it would wait for ever.
    if (number >= keysTaken_) outbox_.giveUp(0);
  } else if (code == Code::TooLarge || code == Code::Malformed) {
    const uint32_t place = number - acknowledged_ - 1;
    if (frame_.number(ABOUT, ABOUT_TYPE) != FrameType::Sequenced || place >= outbox_.count()) return;
    outbox_.giveUp(static_cast<uint16_t>(place));
  } else {
    return;
  }
  generation_++;
  outbox_.rewind();
}

/** Frames to a number that the gateway does not take any more: nothing but null can be sent in their place. */
void Core::giveUpFramesTo(uint32_t alias) {
  for (uint16_t i = 0; i < outbox_.count(); i++) {
    size_t length;
    const uint8_t *bytes = outbox_.frame(i, length);
    Frame frame;
    // The null in the place of a frame is none, and has no fields to look at.
    if (checkFrame(bytes, length, length, frame) != Result::Ok) continue;
    const uint8_t target = frame.type == FrameType::Call ? 1 : 0;
    if (frame.isNumber(target) && frame.number(target) == alias) outbox_.giveUp(i);
  }
}

CROSSCOMM_NOINLINE void Core::repeatKept() {
  if (outbox_.sent() == 0 || timers_[RepeatTimer] > 0) return;
  if (++tries_ > MOST_TRIES) return lose(0);
  outbox_.rewind();
  timers_[RepeatTimer] = waitMs(repeatWait_);
  repeatWait_ = twice(repeatWait_, LONGEST_REPEAT_WAIT);
}

void Core::sendKept() {
  Kept kept;
  while ((kept.bytes = outbox_.unsent(kept.length)) != nullptr) {
    const size_t most = kept.length + Outbox::MOST_ENVELOPE;
    if (outbox_.sent() > 0 && outbox_.sentBytes() + most > gatewayWindow_) return;
    if (!hasRoomOnLink(most)) return;
    kept.number = acknowledged_ + 1 + outbox_.sent();
    if (sendFrame(writeKept, &kept) != Result::Ok) {
      // A gateway that does not even take the null in its place takes nothing.
      if (kept.length == 1) return;
      generation_++;
      outbox_.giveUp(outbox_.sent());
      if (report_ != nullptr) report_(*this, Code::TooLarge);
      continue;
    }
    if (outbox_.sent() == 0 && tries_ == 0) timers_[RepeatTimer] = FIRST_WAIT_MS;
    outbox_.markSent(kept.length);
    if (outbox_.sent() > sentAhead_) sentAhead_ = outbox_.sent();
  }
}

}  // namespace crosscomm
