// What the device does with frames that come, and by the clock: sections 4 to 8 of the protocol.

#include "Core.h"
#include "CoreTimes.h"

namespace crosscomm {

namespace {
/** Where a Welcome has the gateway's limits, and which they are. */
const uint8_t LIMITS = 5, MAX_FRAME = 0, WINDOW = 1, MAX_ALIASES = 2;
}  // namespace

CROSSCOMM_NOINLINE void Core::receive(const uint8_t *bytes, size_t length) {
  if (readFrame(bytes, length, maxFrame_, &dictionary(), frame_) != Result::Ok) {
    if (faults_ < 0xFFFF) faults_++;
    return;
  }
  timers_[SilenceTimer] = SILENT_AFTER_MS;
  const uint8_t type = frame_.type;
  if (onFrame_ != nullptr) onFrame_(*this);
  if (frame_.isSequenced()) return receiveSequenced(length);
  if (type == FrameType::Welcome) return receiveWelcome();
  if (type == FrameType::Error) return receiveError();
  if (state_ != State::Online) return;
  const uint32_t number = frame_.number(0);
  switch (type) {
    case FrameType::Goodbye: {
      const uint8_t reason = static_cast<uint8_t>(number);
      return lose(reason == GoodbyeReason::TakenOver || reason == GoodbyeReason::TooManyFaults ? REFUSED_WAIT_MS : 0);
    }
    case FrameType::Ping: return sendShort(FrameType::Pong, number);
    case FrameType::Alias: {
      Entry *const entry = entryAt(number);
      if (entry != nullptr && entry->state == Entry::New) entry->state = Entry::Confirmed;
      return declared();
    }
    default: return act();
  }
}

CROSSCOMM_NOINLINE void Core::receiveWelcome() {
  const uint32_t session = frame_.number(1);
  if (state_ < State::Greeting || (state_ == State::Online && session == session_)) return;
  tell(Event::Welcome);
  // Where the gateway has taken more than this device ever sent, the boot id is one of an earlier start, whose numbering
  // goes on.
  const uint32_t lastSeq = frame_.number(2);
  if (lastSeq > acknowledged_) {
    acknowledged_ = lastSeq;
    sentAhead_ = 0;
  }
  const bool isResumed = session == session_ && frame_.isTrue(6);
  session_ = session;
  if (!isResumed) {
    received_ = 0;
    for (uint8_t i = 0; i < entryCount_; i++) {
      if (entries_[i].state <= Entry::Refused) entries_[i].state = Entry::New;
    }
    tell(Event::NewSession);
  }
  gatewayMaxFrame_ = limit(MAX_FRAME);
  gatewayWindow_ = limit(WINDOW);
  const uint16_t aliases = limit(MAX_ALIASES);
  maxAliases_ = aliases < 0xFF ? static_cast<uint8_t>(aliases) : 0xFF;
  serverTime_ = frame_.number(3);
  timeTrusted_ = frame_.isTrue(4);
  welcomeMs_ = millis();
  state_ = State::Online;
  refusal_ = Code::Ok;
  helloWait_ = FIRST_WAIT;
  timers_[PingTimer] = PING_AFTER_MS;
  ackPending_ = false;
  unacknowledgedBytes_ = 0;
  declared();
}

/** One of the gateway's limits. More than a board's memory makes no difference. */
CROSSCOMM_NOINLINE uint16_t Core::limit(uint8_t which) const {
  const uint32_t number = frame_.number(LIMITS, which);
  return number < 0xFFFF ? static_cast<uint16_t>(number) : 0xFFFF;
}

CROSSCOMM_NOINLINE void Core::receiveError() {
  const uint16_t code = static_cast<uint16_t>(frame_.number(0));
  Entry *const entry = entryAt(frame_.number(ABOUT, ABOUT_NUMBER));
  switch (code) {
    case Code::Version:
    case Code::IdInvalid:
    case Code::IdTaken:
    case Code::Credentials:
      refusal_ = static_cast<uint8_t>(code);
      lose(REFUSED_WAIT_MS);
      // For ever, unless the sketch began anew when it heard of it.
      if ((code == Code::Version || code == Code::IdInvalid) && timers_[HelloTimer] > 0) state_ = State::Stopped;
      break;
    case Code::NotWelcomeYet:
    case Code::SequenceGap:
      if (state_ == State::Online) lose(0);
      return;
    case Code::UnknownAlias:
      if (entry != nullptr && entry->state == Entry::Confirmed) entry->state = Entry::New;
      tell(Event::Error);
      return;
    case Code::Internal:
      // Online, a Hello cannot have been what failed.
      if (state_ == State::Greeting) lose(REFUSED_WAIT_MS);
      tell(Event::Error);
      break;
    default:
      // Services have numbers too, and no alias.
      if (entry != nullptr && entry->state <= Entry::Confirmed &&
          frame_.number(ABOUT, ABOUT_TYPE) == FrameType::Alias) {
        entry->state = Entry::Refused;
        declared();
      }
      tell(Event::Error);
  }
  if (report_ != nullptr) report_(*this, code);
}

CROSSCOMM_NOINLINE void Core::receiveSequenced(size_t length) {
  if (state_ != State::Online) return;
  // 0 is the next one; what is behind it, or very far ahead, was taken already.
  const int32_t ahead = static_cast<int32_t>(frame_.sequenceNumber() - received_ - 1);
  if (ahead == 0) {
    // Not taken: it comes again when there is room for the answer.
    if (allParts_ != nullptr && frame_.type == FrameType::Call && !outbox_.isHalfFree()) return;
    received_++;
    unacknowledgedBytes_ = static_cast<uint16_t>(unacknowledgedBytes_ + length);
    if (!ackPending_) timers_[AckTimer] = ACK_AFTER_MS;
    if (unacknowledgedBytes_ >= maxFrame_ / 2) timers_[AckTimer] = 0;
    ackPending_ = true;
    return act();
  }
  if (ahead > 0) {
    if (timers_[GapTimer] > 0) return;
    timers_[GapTimer] = GAP_ACK_EVERY_MS;
  }
  ackPending_ = true;
  timers_[AckTimer] = 0;
}

void Core::act() {
  if (!tell(Event::Frame)) return;
  if (frame_.type == FrameType::Message) return actOnMessage();
  // Without a service nothing is kept here, and at most once has to do for saying so.
  if (frame_.type == FrameType::Call) sendShort(FrameType::Reply, frame_.number(0));
}

CROSSCOMM_NOINLINE void Core::actOnMessage() {
  Message message(frame_);
  MessageHandler handler = nullptr;
  const Entry *entry = nullptr;
  if (frame_.isNumber(0)) {
    entry = entryAt(frame_.number(0));
  } else {
    handler = onMessage_;
    const Entry *each = entries_;
    for (uint8_t left = entryCount_; left > 0; left--, each++) {
      if (each->state != Entry::Service && message.to.equals(each->name)) entry = each;
    }
  }
  if (entry != nullptr && entry->state != Entry::Service) {
    const MessageHandler own = entry->onMessage;
    if (own != nullptr) {
      message.channel = ChannelName(entry->name);
      handler = own;
    }
  }
  if (handler != nullptr) handler(message);
}

CROSSCOMM_NOINLINE void Core::workOnline() {
  if (timers_[SilenceTimer] == 0) return lose(0);
  if (ackPending_ && timers_[AckTimer] == 0) {
    ackPending_ = false;
    unacknowledgedBytes_ = 0;
    sendShort(FrameType::Ack, received_);
  }
  if (timers_[PingTimer] == 0) sendShort(FrameType::Ping, 0);
  if (declareEntries()) tell(Event::Work);
}

/** Declares channels one after the other. True when the gateway knows all that it takes. */
bool Core::declareEntries() {
  Entry *entry = entries_;
  for (uint8_t i = 0; i < entryCount_; i++, entry++) {
    if (entry->state != Entry::New) continue;
    if (i < maxAliases_) {
      if (mayDeclare()) sendFrame(writeChannel_, entry);
    } else {
      entry->state = Entry::Refused;
      if (report_ != nullptr) report_(*this, Code::TooMany);
    }
    return false;
  }
  return true;
}

/** Whether it is time for a declaration, the first one or again. */
bool Core::mayDeclare() {
  if (timers_[DeclareTimer] > 0) return false;
  timers_[DeclareTimer] = waitMs(declareWait_);
  declareWait_ = twice(declareWait_, LONGEST_REPEAT_WAIT);
  return true;
}

/** What was declared was answered: the next one may come. */
CROSSCOMM_NOINLINE void Core::declared() {
  timers_[DeclareTimer] = 0;
  declareWait_ = FIRST_WAIT;
}

/** The link, or the session, is of no use any more. A Hello follows after the delay, and never two in half a second. */
CROSSCOMM_NOINLINE void Core::lose(uint16_t delayMs) {
  const bool hasJustSpoken = timers_[PingTimer] > PING_AFTER_MS - FIRST_WAIT_MS;
  if (hasJustSpoken && delayMs == 0) delayMs = FIRST_WAIT_MS;
  state_ = State::Offline;
  if (!isByStream()) transport_->close();
  helloWait_ = FIRST_WAIT;
  timers_[HelloTimer] = jitter(delayMs);
  // Comes last, as the sketch may begin() anew when it hears of it.
  tell(Event::Lost);
}

}  // namespace crosscomm
