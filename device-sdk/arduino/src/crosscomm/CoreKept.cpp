// Messages that are kept until the gateway has them: section 5 of the protocol.
// Linked where a sketch delivers, calls or offers.

#include "Core.h"

namespace crosscomm {

namespace {

const uint16_t FIRST_WAIT_MS = 500;
const uint16_t LONGEST_REPEAT_WAIT_MS = 8000;
const uint8_t MOST_TRIES = 8;

/** The head of a sequenced frame: array, type, number. */
uint8_t envelopeLength(uint32_t number) {
  CborWriter counting;
  counting.unsignedInteger(number);
  return static_cast<uint8_t>(2 + counting.length());
}

}  // namespace

void Core::workOnKept(Core &core) {
  core.repeatKept();
  if (core.state_ == State::Online) core.sendKept();
}

void Core::acknowledge(Core &core, uint32_t number) {
  core.takeAck(number);
}

void Core::takeAck(uint32_t number) {
  if (number > highestSent_) return lose(0);
  if (number > acknowledged_) {
    outbox_.forget(static_cast<uint16_t>(number - acknowledged_));
    acknowledged_ = number;
    generation_++;
    repeatWaitMs_ = FIRST_WAIT_MS;
    repeatAtMs_ = nowMs_ + FIRST_WAIT_MS;
    tries_ = 0;
    hintUsed_ = false;
  } else if (number == acknowledged_ && outbox_.sent() > 0 && !hintUsed_) {
    hintUsed_ = true;
    outbox_.rewind();
  }
}

/** Something was wrong with what was kept: sends it again, without what can never be right. */
void Core::mend(Core &core, uint16_t code, uint32_t number) {
  Outbox &outbox = core.outbox_;
  if (code == Code::UnknownAlias) {
    core.giveUpFramesTo(number);
  } else if (code == Code::UnknownKey) {
    // The oldest frame is the one that waits; without its key it would wait for ever.
    if (number >= core.keysTaken_) outbox.giveUp(0);
  } else if (code == Code::TooLarge || code == Code::Malformed) {
    const uint32_t place = number - core.acknowledged_ - 1;
    if (place >= outbox.count()) return;
    outbox.giveUp(static_cast<uint16_t>(place));
  } else {
    return;
  }
  core.generation_++;
  outbox.rewind();
}

/** Frames to a number that the gateway does not take any more: nothing but null can be sent in their place. */
void Core::giveUpFramesTo(uint32_t alias) {
  for (uint16_t i = 0; i < outbox_.count(); i++) {
    size_t length;
    const uint8_t *bytes = outbox_.frame(i, length);
    const Value items(bytes, bytes + length);
    const uint8_t target = items[0].toInt() == FrameType::Call ? 2 : 1;
    if (items[target].type() == Type::Integer && items[target].toInt() == static_cast<long>(alias)) outbox_.giveUp(i);
  }
}

void Core::repeatKept() {
  if (outbox_.sent() == 0 || !isDue(repeatAtMs_)) return;
  if (++tries_ > MOST_TRIES) return lose(0);
  outbox_.rewind();
  repeatAtMs_ = nowMs_ + repeatWaitMs_;
  repeatWaitMs_ = repeatWaitMs_ >= LONGEST_REPEAT_WAIT_MS ? LONGEST_REPEAT_WAIT_MS
                                                          : static_cast<uint16_t>(repeatWaitMs_ * 2);
}

void Core::sendKept() {
  size_t length;
  const uint8_t *bytes;
  while ((bytes = outbox_.unsent(length)) != nullptr) {
    const uint32_t number = acknowledged_ + 1 + outbox_.sent();
    const size_t whole = length + envelopeLength(number);
    if (whole > gatewayMaxFrame_) {
      generation_++;
      outbox_.giveUp(outbox_.sent());
      if (onError_ != nullptr) onError_(Error{Code::TooLarge, Value(), Value()});
      continue;
    }
    if (outbox_.sent() > 0 && outbox_.sentBytes() + whole > gatewayWindow_) return;
    if (!transport_->hasRoomFor(whole)) return;
    if (outbox_.sent() == 0 && tries_ == 0) repeatAtMs_ = nowMs_ + FIRST_WAIT_MS;
    transport_->beginFrame(whole);
    CborWriter writer(*transport_);
    writer.array(3);
    writer.unsignedInteger(FrameType::Sequenced);
    writer.unsignedInteger(number);
    writer.put(bytes, length);
    transport_->endFrame();
    spokeMs_ = nowMs_;
    outbox_.markSent(whole);
    if (number > highestSent_) highestSent_ = number;
  }
}

}  // namespace crosscomm
