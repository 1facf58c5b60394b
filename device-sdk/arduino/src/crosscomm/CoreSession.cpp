// What the device does with frames that come, and by the clock: sections 4 to 8 and 10 of the protocol.

#include "Core.h"

namespace crosscomm {

namespace {

const uint16_t FIRST_WAIT_MS = 500;
const uint16_t LONGEST_REPEAT_WAIT_MS = 8000;
const uint16_t PING_AFTER_MS = 10000;
const uint16_t SILENT_AFTER_MS = 30000;
const uint16_t REFUSED_WAIT_MS = 30000;
/** Sooner than the 50 ms of the protocol, for loops that are slow. */
const uint8_t ACK_AFTER_MS = 20;
const uint8_t GAP_ACK_EVERY_MS = 100;

}  // namespace

void Core::receive(const uint8_t *bytes, size_t length) {
  Frame frame;
  if (readFrame(bytes, length, maxFrame_, &dictionary_, frame) != Result::Ok) {
    if (faults_ < 0xFFFF) faults_++;
    return;
  }
  heardMs_ = nowMs_;
  switch (frame.type) {
    case FrameType::Welcome:
      if (state_ == State::Greeting || (state_ == State::Online && frame.number(1) != session_)) receiveWelcome(frame);
      return;
    case FrameType::Error: return receiveError(frame);
    case FrameType::Goodbye: {
      const uint8_t TAKEN_OVER = 2, TOO_MANY_FAULTS = 5;
      const uint32_t reason = frame.number(0);
      if (state_ == State::Online) {
        lose(reason == TAKEN_OVER || reason == TOO_MANY_FAULTS ? REFUSED_WAIT_MS : 0);
      }
      return;
    }
    default:
      if (state_ == State::Online) receiveInSession(frame, length);
  }
}

void Core::receiveInSession(const Frame &frame, size_t length) {
  switch (frame.type) {
    case FrameType::Ping: return sendControl(FrameType::Pong, frame.number(0));
    case FrameType::Alias:
    case FrameType::Dictionary: return confirm(static_cast<uint8_t>(frame.type), frame.number(0));
    case FrameType::Sequenced: return receiveSequenced(frame, length);
    case FrameType::Ack:
      if (acknowledge_ != nullptr) acknowledge_(*this, frame.number(0));
      return;
    case FrameType::Receipt:
      if (onReceipt_ != nullptr) {
        onReceipt_(frame.number(0), frame.number(1), static_cast<uint16_t>(frame.number(2)));
      }
      return;
    default: act(frame);
  }
}

void Core::receiveWelcome(const Frame &frame) {
  const uint32_t session = frame.number(1);
  const uint32_t lastSeq = frame.number(2);
  if (lastSeq > highestSent_) {
    // The gateway has taken what this device never sent: the boot id is one of an earlier start. The session's number
    // is random, which is more than this board may have.
    random_ ^= session ^ micros();
    bootId_ = (bootId_ + random_) | 1;
    acknowledged_ = highestSent_ = session_ = received_ = 0;
    lose(0);
    helloAtMs_ = nowMs_;
    return;
  }
  if (lastSeq > acknowledged_) acknowledge_(*this, lastSeq);
  outbox_.rewind();
  const bool isResumed = frame.field(6).toBool() && session == session_;
  session_ = session;
  if (!isResumed) {
    received_ = 0;
    keysKnown_ = 0;
    keysTaken_ = dictionary_.count;
    for (uint8_t i = 0; i < entryCount_; i++) {
      if (entries_[i].state != Entry::Service) entries_[i].state = Entry::New;
    }
  }
  const Value limits = frame.field(5);
  // More than a board's memory makes no difference.
  uint16_t *const here[] = {&gatewayMaxFrame_, &gatewayWindow_, &maxAliases_, &keysTaken_};
  Value limit = limits[0];
  for (uint8_t i = 0; i < 4; i++) {
    const uint32_t number = limit.toUnsigned();
    if (i < 3 || number < keysTaken_) *here[i] = number < 0xFFFF ? static_cast<uint16_t>(number) : 0xFFFF;
    limit = limits.following(limit);
  }
  serverTime_ = frame.number(3);
  timeTrusted_ = frame.field(4).toBool();
  welcomeMs_ = spokeMs_ = heardMs_ = nowMs_;
  state_ = State::Online;
  refusal_ = Code::Ok;
  helloWaitMs_ = FIRST_WAIT_MS;
  repeatWaitMs_ = declareWaitMs_ = FIRST_WAIT_MS;
  repeatAtMs_ = nowMs_ + FIRST_WAIT_MS;
  tries_ = 0;
  isDeclaring_ = ackPending_ = hintUsed_ = false;
  unacknowledgedBytes_ = 0;
}

void Core::receiveError(const Frame &frame) {
  const uint16_t code = static_cast<uint16_t>(frame.number(0));
  const Value about = frame.field(2);
  const uint32_t aboutType = about[0].toUnsigned(0xFFFF);
  const uint32_t number = about[1].toUnsigned();
  switch (code) {
    case Code::Version:
    case Code::IdInvalid:
      refusal_ = code;
      lose(0);
      state_ = State::Stopped;
      break;
    case Code::IdTaken:
    case Code::Credentials:
      refusal_ = code;
      lose(REFUSED_WAIT_MS);
      break;
    case Code::Internal:
      if (aboutType == FrameType::Hello) lose(REFUSED_WAIT_MS);
      break;
    case Code::NotWelcomeYet:
    case Code::SequenceGap:
      if (state_ == State::Online) lose(0);
      return;
    case Code::UnknownAlias:
      if (number < entryCount_ && entries_[number].state == Entry::Confirmed) {
        entries_[number].state = Entry::New;
        return outbox_.rewind();
      }
      if (number < entryCount_ && entries_[number].state == Entry::New) return;
      if (mend_ != nullptr) mend_(*this, code, number);
      return;
    case Code::UnknownKey:
      if (number < keysKnown_) keysKnown_ = static_cast<uint16_t>(number);
      if (mend_ != nullptr) mend_(*this, code, number);
      return;
    default:
      if (aboutType == FrameType::Alias && number < entryCount_) {
        entries_[number].state = Entry::Refused;
        isDeclaring_ = false;
      }
      if (aboutType == FrameType::Dictionary) {
        keysTaken_ = keysKnown_;
        isDeclaring_ = false;
      }
      if (aboutType == FrameType::Sequenced && mend_ != nullptr) mend_(*this, code, number);
  }
  if (onError_ != nullptr) onError_(Error{code, frame.field(1), about});
}

void Core::receiveSequenced(const Frame &frame, size_t length) {
  const uint32_t number = frame.number(0);
  if (number == received_ + 1) {
    Frame inner;
    readInnerFrame(frame, inner);
    // Not taken: it comes again when there is room for the answer.
    if (inner.type == FrameType::Call && !outbox_.isHalfFree()) return;
    received_ = number;
    unacknowledgedBytes_ = static_cast<uint16_t>(unacknowledgedBytes_ + length);
    if (!ackPending_) ackAtMs_ = nowMs_ + ACK_AFTER_MS;
    ackPending_ = true;
    if (unacknowledgedBytes_ >= maxFrame_ / 2) ackAtMs_ = nowMs_;
    return act(inner);
  }
  const bool isRepetition = number <= received_;
  if (!isRepetition && nowMs_ - gapAckMs_ < GAP_ACK_EVERY_MS) return;
  if (!isRepetition) gapAckMs_ = nowMs_;
  ackPending_ = true;
  ackAtMs_ = nowMs_;
}

void Core::confirm(uint8_t type, uint32_t number) {
  // A gateway that takes no more keys, and does not say so, is asked again by the clock only.
  if (type == FrameType::Dictionary && number == keysKnown_) return;
  isDeclaring_ = false;
  declareWaitMs_ = FIRST_WAIT_MS;
  if (type == FrameType::Dictionary) {
    keysKnown_ = static_cast<uint16_t>(number < keysTaken_ ? number : keysTaken_);
  } else if (number < entryCount_ && entries_[number].state == Entry::New) {
    entries_[number].state = Entry::Confirmed;
  }
}

void Core::act(const Frame &frame) {
  switch (frame.type) {
    case FrameType::Message: return actOnMessage(frame);
    case FrameType::Call:
      // Without a service nothing is kept here, and at most once has to do for saying so.
      if (answerCall_ != nullptr) return answerCall_(*this, frame);
      refuseCall(frame, Code::NoFunction).send();
      return;
    case FrameType::Reply:
      if (endCalls_ != nullptr) endCalls_(*this, &frame);
      return;
    default: return;
  }
}

void Core::actOnMessage(const Frame &frame) {
  Message message = {nullptr, frame.field(0), frame.field(1), frame.field(2)};
  MessageHandler handler = onMessage_;
  const uint32_t alias = message.to.toUnsigned(0xFFFF);
  for (uint8_t i = 0; i < entryCount_; i++) {
    const Entry &entry = entries_[i];
    if (entry.state == Entry::Service || entry.onMessage == nullptr) continue;
    if (alias != i && !message.to.equals(entry.name)) continue;
    message.channel = entry.name;
    handler = entry.onMessage;
    break;
  }
  if (handler != nullptr) handler(message);
}

Builder Core::refuseCall(const Frame &frame, uint16_t code) {
  Builder failure = newBuilder(4, FrameType::Reply);
  failure.writer_.unsignedInteger(frame.number(0));
  failure.addNull();
  failure.writer_.unsignedInteger(code);
  return failure;
}

void Core::workOnline() {
  if (nowMs_ - heardMs_ >= SILENT_AFTER_MS) return lose(0);
  if (ackPending_ && isDue(ackAtMs_)) {
    ackPending_ = false;
    unacknowledgedBytes_ = 0;
    sendControl(FrameType::Ack, received_);
  }
  if (nowMs_ - spokeMs_ >= PING_AFTER_MS) sendControl(FrameType::Ping, 0);
  if (!declare()) return;
  if (workOnKept_ != nullptr) workOnKept_(*this);
}

/** Declares channels and keys one after the other. True when the gateway knows all that it takes. */
bool Core::declare() {
  Control control = {FrameType::Alias, 0, nullptr, false};
  while (control.number < entryCount_ && entries_[control.number].state != Entry::New) control.number++;
  if (control.number < entryCount_ && control.number >= maxAliases_) {
    entries_[control.number].state = Entry::Refused;
    if (onError_ != nullptr) onError_(Error{Code::TooMany, Value(), Value()});
    return false;
  }
  if (control.number >= entryCount_) {
    if (keysKnown_ >= keysTaken_) return true;
    control.type = FrameType::Dictionary;
    control.number = static_cast<uint32_t>(keysTaken_ - keysKnown_);
    // As many keys in one frame as the gateway takes.
    for (; control.number > 1; control.number--) {
      CborWriter counting;
      writeControl(counting, control);
      if (counting.length() <= gatewayMaxFrame_) break;
    }
  }
  if (isDeclaring_ && !isDue(declareAtMs_)) return false;
  if (isDeclaring_ && declareWaitMs_ < LONGEST_REPEAT_WAIT_MS) {
    declareWaitMs_ = static_cast<uint16_t>(declareWaitMs_ * 2);
  }
  isDeclaring_ = true;
  declareAtMs_ = nowMs_ + declareWaitMs_;
  sendControl(control);
  return false;
}

/** The link, or the session, is of no use any more. A Hello follows after the delay, and never two in half a second. */
void Core::lose(uint16_t delayMs) {
  state_ = State::Offline;
  outbox_.rewind();
  transport_->close();
  helloWaitMs_ = FIRST_WAIT_MS;
  const uint16_t least = nowMs_ - spokeMs_ < FIRST_WAIT_MS ? FIRST_WAIT_MS : 0;
  helloAtMs_ = nowMs_ + jitter(delayMs > least ? delayMs : least);
}

}  // namespace crosscomm
