#include "Core.h"

namespace crosscomm {

namespace {

const uint8_t VERSION = 1;
const uint16_t FIRST_WAIT_MS = 500;
const uint16_t LONGEST_HELLO_WAIT_MS = 30000;

}  // namespace

Core::Core(uint8_t *receiveBuffer, size_t maxFrame, uint8_t *outbox, size_t outboxSize, Entry *entries,
           uint8_t maxEntries)
    : CoreMemory(), outbox_(outbox, outboxSize) {
  receiveBuffer_ = receiveBuffer;
  maxFrame_ = maxFrame;
  entries_ = entries;
  maxEntries_ = maxEntries;
}

void Core::begin(const char *id, Stream &stream) {
  stream_.setStream(stream);
  begin(id, stream_);
}

void Core::begin(const char *id, Transport &transport) {
  id_ = id;
  transport_ = &transport;
  transport.begin(id, receiveBuffer_, maxFrame_ + 2);
  nowMs_ = millis();
  // A board without random numbers is as random as its clock; a boot id that was used before shows in the Welcome.
  for (random_ ^= micros(); *id != 0; id++) random_ = (random_ ^ static_cast<uint8_t>(*id)) * 16777619U;
  if (bootId_ == 0) bootId_ = random_ | 1;
  state_ = State::Offline;
  helloAtMs_ = nowMs_;
  helloWaitMs_ = FIRST_WAIT_MS;
}

void Core::credentials(const char *user, const char *password) {
  user_ = user;
  password_ = password;
}

void Core::useKeys(const char *const *keys, uint16_t count) {
  dictionary_.keys = keys;
  dictionary_.count = count;
  keysKnown_ = 0;
  keysTaken_ = count;
}

uint16_t Core::jitter(uint16_t ms) {
  random_ = random_ * 1664525U + 1013904223U;
  // 0.75 to 1.22 times as long, in 16 bits.
  return static_cast<uint16_t>(ms - ms / 4 + (ms / 32) * static_cast<uint16_t>(random_ >> 28));
}

void Core::loop() {
  // A handler that calls loop() would get the receive buffer taken away that it is reading.
  if (isWorking_ || state_ == State::Idle || state_ == State::Stopped) return;
  isWorking_ = true;
  nowMs_ = millis();
  if (endCalls_ != nullptr) endCalls_(*this, nullptr);
  if (!transport_->open(nowMs_)) {
    if (state_ != State::Offline) lose(0);
    isWorking_ = false;
    return;
  }
  const uint8_t *bytes = nullptr;
  const size_t length = transport_->receive(bytes);
  if (length > 0) receive(bytes, length);
  if (state_ == State::Online) {
    workOnline();
  } else if ((state_ == State::Offline || state_ == State::Greeting) && isDue(helloAtMs_)) {
    sendControl(FrameType::Hello, 0);
    state_ = State::Greeting;
    helloAtMs_ = nowMs_ + jitter(helloWaitMs_);
    helloWaitMs_ = helloWaitMs_ >= LONGEST_HELLO_WAIT_MS / 2 ? LONGEST_HELLO_WAIT_MS
                                                             : static_cast<uint16_t>(helloWaitMs_ * 2);
  }
  isWorking_ = false;
}

void Core::end(bool comesBack) {
  if (state_ == State::Online) sendControl(FrameType::Goodbye, comesBack ? 1 : 0);
  if (state_ != State::Idle) state_ = State::Stopped;
}

uint32_t Core::time() const {
  return serverTime_ == 0 ? 0 : serverTime_ + (static_cast<uint32_t>(millis()) - welcomeMs_) / 1000;
}

int16_t Core::keyNumber(const char *key) const {
  for (uint16_t i = 0; i < keysKnown_ && i < dictionary_.count; i++) {
    if (strcmp(dictionary_.keys[i], key) == 0) return static_cast<int16_t>(i);
  }
  return -1;
}

Entry *Core::find(const char *name, bool isService) {
  for (uint8_t i = 0; i < entryCount_; i++) {
    Entry &entry = entries_[i];
    if ((entry.state == Entry::Service) == isService && strcmp(entry.name, name) == 0) return &entry;
  }
  return nullptr;
}

Result Core::addEntry(const char *name, bool isService, Entry *&entry) {
  entry = find(name, isService);
  if (entry != nullptr) return Result::Ok;
  if (entryCount_ >= maxEntries_) return Result::TooManyChannels;
  entry = &entries_[entryCount_++];
  entry->name = name;
  entry->onMessage = nullptr;
  entry->state = isService ? Entry::Service : Entry::New;
  return Result::Ok;
}

Result Core::on(const char *channel, MessageHandler handler) {
  Entry *entry;
  const Result result = addEntry(channel, false, entry);
  if (result != Result::Ok) return result;
  entry->onMessage = handler;
  entry->state = Entry::New;
  return Result::Ok;
}

Result Core::channel(const char *channel) {
  Entry *entry;
  return addEntry(channel, false, entry);
}

Result Core::offer(const char *function, ServiceHandler handler) {
  Entry *entry;
  const Result result = addEntry(function, true, entry);
  if (result != Result::Ok) return result;
  entry->onCall = handler;
  answerCall_ = answerCall;
  return Result::Ok;
}

/** A number where the gateway knows it, and the name where not: a number that gets lost would take the frame along. */
void Core::writeTarget(CborWriter &writer, const char *to) {
  const Entry *entry = find(to, false);
  if (entry != nullptr && entry->state == Entry::Confirmed) {
    writer.unsignedInteger(static_cast<uint32_t>(entry - entries_));
  } else {
    writer.text(to);
  }
}

Builder Core::newBuilder(uint8_t items, uint8_t type) {
  generation_++;
  Builder builder(this, outbox_.room(), outbox_.roomLength(), Result::Ok);
  builder.generation_ = generation_;
  builder.writer_.array(items);
  builder.writer_.unsignedInteger(type);
  return builder;
}

Builder Core::message(const char *to) {
  Builder builder = newBuilder(3, FrameType::Message);
  writeTarget(builder.writer_, to);
  return builder;
}

Builder Core::call(const char *to, const char *function, ReplyHandler handler) {
  Builder builder = newBuilder(5, FrameType::Call);
  endCalls_ = endCalls;
  for (OpenCall &call : calls_) {
    if (call.handler != nullptr) continue;
    call.handler = handler;
    call.id = ++lastCallId_;
    call.sinceMs = millis();
    builder.writer_.unsignedInteger(call.id);
    writeTarget(builder.writer_, to);
    builder.writer_.text(function);
    return builder;
  }
  builder.result_ = Result::TooManyCalls;
  return builder;
}

Result Core::sendBare(const Builder &builder) {
  generation_++;
  if (state_ == State::Idle) return Result::NotBegun;
  if (state_ != State::Online) return Result::Offline;
  const size_t length = builder.writer_.length();
  if (length > gatewayMaxFrame_) return Result::TooLarge;
  const uint8_t *bytes = builder.buffer_;
  transport_->beginFrame(length);
  for (size_t i = 0; i < length; i++) transport_->put(bytes[i]);
  transport_->endFrame();
  spokeMs_ = nowMs_;
  return Result::Ok;
}

Result Core::keep(const Builder &builder) {
  generation_++;
  if (state_ == State::Idle) return Result::NotBegun;
  const size_t ENVELOPE = 7;
  const size_t length = builder.writer_.length();
  if (state_ == State::Online && length + ENVELOPE > gatewayMaxFrame_) return Result::TooLarge;
  workOnKept_ = workOnKept;
  acknowledge_ = acknowledge;
  mend_ = mend;
  outbox_.keep(length);
  return Result::Ok;
}

Result Core::log(const char *text, uint8_t level) {
  if (state_ != State::Online) return Result::Offline;
  sendControl(Control{FrameType::Log, level, text, false});
  return Result::Ok;
}

Result Core::log(const FlashText *text, uint8_t level) {
  if (state_ != State::Online) return Result::Offline;
  sendControl(Control{FrameType::Log, level, reinterpret_cast<const char *>(text), true});
  return Result::Ok;
}

void Core::sendControl(const Control &control) {
  CborWriter counting;
  writeControl(counting, control);
  transport_->beginFrame(counting.length());
  CborWriter writer(*transport_);
  writeControl(writer, control);
  transport_->endFrame();
  spokeMs_ = nowMs_;
}

void Core::writeControl(CborWriter &writer, const Control &control) {
  if (control.type == FrameType::Hello) return writeHello(writer);
  const Entry *entry = control.type == FrameType::Alias ? &entries_[control.number] : nullptr;
  const bool isList = control.type == FrameType::Dictionary;
  writer.array(entry != nullptr ? 4 : isList || control.type == FrameType::Log ? 3 : 2);
  writer.unsignedInteger(control.type);
  if (isList) {
    writer.unsignedInteger(keysKnown_);
    writer.array(control.number);
    for (uint16_t i = 0; i < control.number; i++) writer.text(dictionary_.keys[keysKnown_ + i]);
    return;
  }
  writer.unsignedInteger(control.number);
  if (entry != nullptr) {
    writer.text(entry->name);
    writer.unsignedInteger(entry->onMessage != nullptr ? 1 : 0);
  } else if (control.type == FrameType::Log && control.isInFlash) {
    writer.text(reinterpret_cast<const FlashText *>(control.text));
  } else if (control.type == FrameType::Log) {
    writer.text(control.text);
  }
}

void Core::writeHello(CborWriter &writer) {
  const uint8_t WANTS_RECEIPTS = 1, FLOAT32 = 2;
  writer.array(user_ != nullptr ? 9 : 8);
  writer.unsignedInteger(FrameType::Hello);
  writer.unsignedInteger(VERSION);
  writer.text(id_);
  writer.unsignedInteger(bootId_);
  writer.unsignedInteger(static_cast<uint32_t>(maxFrame_));
  writer.null();
  writer.unsignedInteger((onReceipt_ != nullptr ? WANTS_RECEIPTS : 0) | (sizeof(double) == 4 ? FLOAT32 : 0));
  writer.array(3);
  writer.unsignedInteger(acknowledged_ + 1);
  writer.unsignedInteger(session_);
  writer.unsignedInteger(received_);
  if (user_ == nullptr) return;
  writer.map(2);
  writer.unsignedInteger(1);
  writer.text(user_);
  writer.unsignedInteger(2);
  writer.text(password_);
}

}  // namespace crosscomm
