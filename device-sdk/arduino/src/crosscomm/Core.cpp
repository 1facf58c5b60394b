#include "Core.h"

#include "CoreTimes.h"

namespace crosscomm {

#ifdef __AVR__
uint16_t starts __attribute__((section(".noinit")));
Dictionary programDictionary;
ShapeInHand programShape = {nullptr, nullptr};
uint16_t CoreMemory::lastCallId_;
CoreMemory::OpenCall CoreMemory::calls_[CROSSCOMM_MAX_CALLS];
uint32_t CoreMemory::serverTime_, CoreMemory::welcomeMs_;
bool CoreMemory::timeTrusted_;
uint16_t CoreMemory::faults_;
ReceiptHandler CoreMemory::onReceipt_;
ClientsHandler CoreMemory::onClients_;
Shape *CoreMemory::allShapes_;
#endif

namespace {

const uint8_t VERSION = 1;
const uint8_t WANTS_RECEIPTS = 1, FLOAT32 = 2, TAKES_FILES = 4, TAKES_FIRMWARE = 16;
const uint8_t SUBSCRIBES = 1;

/** Bytes of a frame that go out together. */
const uint8_t PIECE_BYTES = 24;

/** How many frames one loop() takes. A network brings more at once than a serial line, to sketches that are slow. */
#ifdef __AVR__
const uint8_t FRAMES_AT_ONCE = 1;
#else
const uint8_t FRAMES_AT_ONCE = 8;
#endif

/** A frame of a type and a number; a Reply that there is no such function has more behind them. */
struct Short {
  uint8_t type;
  uint32_t number;
};

void writeShort(Core &, CborWriter &writer, const void *what) {
  const Short &frame = *static_cast<const Short *>(what);
  const bool isReply = frame.type == FrameType::Reply;
  writer.put(Cbor::ARRAY | (isReply ? 4 : 2));
  writer.put(frame.type);
  writer.unsignedInteger(frame.number);
  if (!isReply) return;
  writer.null();
  writer.put(Code::NoFunction);
}

}  // namespace

Core::Core(uint8_t *receiveBuffer, size_t maxFrame, uint8_t *outbox, size_t outboxSize, Entry *entries,
           uint8_t maxEntries)
    : CoreMemory() {
  receiveBuffer_ = receiveBuffer;
  outbox_.useBuffer(outbox, outboxSize);
  maxFrame_ = maxFrame;
  entries_ = entries;
  maxEntries_ = maxEntries;
}

void Core::beginStream(const char *id, Stream &stream) {
  transport_ = nullptr;
  stream_.begin(stream, receiveBuffer_, maxFrame_ + 2);
  beginSession(id);
}

void Core::beginLink(const char *id, Transport &transport) {
#ifdef __AVR__
  otherLinks = true;
#endif
  transport_ = &transport;
  transport.begin(id, receiveBuffer_, maxFrame_ + 2);
  beginSession(id);
}

CROSSCOMM_NOINLINE void Core::beginSession(const char *id) {
  id_ = id;
  nowMs_ = static_cast<decltype(nowMs_)>(millis());
  // Boards with one program differ by their ids. A boot id that was used before is no harm: see receiveWelcome().
  for (random_ ^= CROSSCOMM_NOISE(); *id != 0; id++) random_ = crcUpdate(random_, static_cast<uint8_t>(*id));
  if (bootId_ == 0) bootId_ = random_ | 1;
  state_ = State::Offline;
  timers_[HelloTimer] = 0;
  helloWait_ = FIRST_WAIT;
}

/** 0.75 to 1.25 times as long, with 8 bits of the random number for as many of the time. */
CROSSCOMM_NOINLINE uint16_t Core::jitter(uint16_t ms) {
  random_ = crcUpdate(random_, static_cast<uint8_t>(ms));
  const uint16_t spread = static_cast<uint16_t>(static_cast<uint8_t>(ms >> 8) * static_cast<uint8_t>(random_));
  return static_cast<uint16_t>(ms - ms / 4 + spread / 2);
}

void Core::loop() {
  // A handler that calls loop() would get the receive buffer taken away that it is reading.
  if (isWorking_ || state_ <= State::Stopped) return;
  isWorking_ = true;
  work();
  isWorking_ = false;
}

CROSSCOMM_NOINLINE void Core::work() {
  const uint32_t now = millis();
  const decltype(nowMs_) sinceMs = static_cast<decltype(nowMs_)>(now - nowMs_);
  const uint16_t passedMs = sinceMs > 0xFFFF ? 0xFFFF : static_cast<uint16_t>(sinceMs);
  nowMs_ = static_cast<decltype(nowMs_)>(now);
  for (uint16_t &timer : timers_) timer = timer > passedMs ? static_cast<uint16_t>(timer - passedMs) : 0;
  frame_.type = Frame::NO_TYPE;
  tell(Event::Tick);
  if (!isByStream() && !transport_->open(now)) {
    if (state_ > State::Offline) lose(0);
    return;
  }
  uint8_t left = FRAMES_AT_ONCE;
  do {
    const uint8_t *bytes;
    const size_t length = isByStream() ? stream_.receive(bytes) : transport_->receive(bytes);
    if (length == 0) break;
    receive(bytes, length);
  } while (--left > 0 && state_ > State::Stopped);
  if (state_ == State::Online) return workOnline();
  if (state_ == State::Stopped || timers_[HelloTimer] > 0) return;
  sendFrame(writeHello, nullptr);
  state_ = State::Greeting;
  timers_[HelloTimer] = jitter(waitMs(helloWait_));
  helloWait_ = twice(helloWait_, LONGEST_HELLO_WAIT);
}

CoreMemory::Part *Core::allParts_ = nullptr;
void (*Core::onFrame_)(Core &core) = nullptr;
Core::FrameWriter Core::writeChannel_ = Core::writeAlias;
void (*Core::report_)(Core &core, uint16_t code) = nullptr;
Core::CredentialsWriter Core::writeUser_ = nullptr, Core::writePairing_ = nullptr;

bool Core::tell(Event event) {
  for (const Part *part = allParts_; part != nullptr; part = part->next) {
    if (uses(part->place) && !part->act(*this, event)) return false;
  }
  return true;
}

Entry *Core::find(const char *name, bool isService) {
  Entry *entry = entries_;
  for (uint8_t left = entryCount_; left > 0; left--, entry++) {
    if ((entry->state == Entry::Service) == isService && strcmp(entry->name, name) == 0) return entry;
  }
  return nullptr;
}

/** The channel or service with that number, if there is one. */
CROSSCOMM_NOINLINE Entry *Core::entryAt(uint32_t number) {
  return number < entryCount_ ? &entries_[static_cast<uint8_t>(number)] : nullptr;
}

CROSSCOMM_NOINLINE Entry *Core::addEntry(const char *name, bool isService) {
  Entry *entry = find(name, isService);
  if (entry != nullptr) return entry;
  // A channel that was left has no name.
  if (entryCount_ < maxEntries_) {
    entry = &entries_[entryCount_++];
  } else {
    entry = find("", false);
    if (entry == nullptr) return nullptr;
  }
  entry->name = name;
  entry->onMessage = nullptr;
  entry->state = isService ? Entry::Service : Entry::New;
  return entry;
}

Result Core::subscribe(const char *channel, MessageHandler handler) {
  Entry *entry = addEntry(channel, false);
  if (entry == nullptr) return Result::TooManyChannels;
  entry->onMessage = handler;
  entry->state = Entry::New;
  return Result::Ok;
}

Result Core::nameChannel(const char *channel) {
  Entry *entry = addEntry(channel, false);
  if (entry == nullptr) return Result::TooManyChannels;
  if (entry->state == Entry::Leaving) entry->state = Entry::New;
  return Result::Ok;
}

CROSSCOMM_NOINLINE void Core::writeNumber(CborWriter &writer, const Entry &entry) const {
  writer.unsignedInteger(static_cast<uint8_t>(&entry - entries_));
}

/** A number where the gateway knows it, and the name where not: a number that gets lost would take the frame along. */
void Core::writeTarget(CborWriter &writer, const char *to) {
  const Entry *entry = find(to, false);
  if (entry != nullptr && entry->state == Entry::Confirmed) {
    writeNumber(writer, *entry);
  } else {
    writer.text(to);
  }
}

void Core::writeMessage(Core &core, CborWriter &writer, const void *what) {
  const OneValue &message = *static_cast<const OneValue *>(what);
  writer.array(3);
  writer.put(FrameType::Message);
  core.writeTarget(writer, message.to);
  message.write(writer, message.value);
}

CROSSCOMM_NOINLINE Result Core::sendValue(const char *to, ValueWriter write, const void *value) {
  const OneValue message = {to, write, value};
  return sendData(writeMessage, &message);
}

Result Core::sendData(FrameWriter write, const void *what) {
  if (state_ == State::Idle) return Result::NotBegun;
  return state_ == State::Online ? sendFrame(write, what) : Result::Offline;
}

CROSSCOMM_NOINLINE Result Core::sendFrame(FrameWriter write, const void *what) {
  size_t length = 0;
  // A serial line has no use for the length, and an AVR's memory nothing longer than what gateways take.
  const bool isCounted = sizeof length > 2 || !isByStream();
  if (isCounted) {
    CborWriter counter;
    write(*this, counter, what);
    length = counter.length();
    if (state_ == State::Online && length > gatewayMaxFrame_) return Result::TooLarge;
  }
  timers_[PingTimer] = PING_AFTER_MS;
  uint8_t piece[PIECE_BYTES];
  CborWriter out(piece, sizeof piece);
  SlipEncoder line;
  if (isByStream()) {
    stream_.beginFrame(line);
    out.passTo(line);
  } else {
    transport_->beginFrame(length);
    out.passTo(*transport_);
  }
  write(*this, out, what);
  out.flush();
  if (isByStream()) stream_.endFrame(line);
  else transport_->endFrame();
  return isCounted || out.length() <= gatewayMaxFrame_ ? Result::Ok : Result::TooLarge;
}

CROSSCOMM_NOINLINE void Core::sendShort(uint8_t type, uint32_t number) {
  const Short frame = {type, number};
  sendFrame(writeShort, &frame);
}

void Core::writeAliasFields(CborWriter &writer, const Entry &entry) {
  writer.put(FrameType::Alias);
  writeNumber(writer, entry);
  writer.text(entry.name);
  writer.put(entry.onMessage != nullptr ? SUBSCRIBES : 0);
}

void Core::writeAlias(Core &core, CborWriter &writer, const void *what) {
  const Entry &entry = *static_cast<const Entry *>(what);
  writer.array(4);
  core.writeAliasFields(writer, entry);
}

void Core::writeHello(Core &core, CborWriter &writer, const void *) {
  const CredentialsWriter writeCredentials = core.uses(PairingPart)       ? writePairing_
                                             : core.uses(CredentialsPart) ? writeUser_
                                                                          : nullptr;
  writer.array(writeCredentials != nullptr ? 9 : 8);
  writer.put(FrameType::Hello);
  writer.put(VERSION);
  writer.text(core.id_);
  writer.unsignedInteger(core.bootId_);
  writer.unsignedInteger(static_cast<uint32_t>(core.maxFrame_));
  writer.null();
  uint8_t capabilities = sizeof(double) == 4 ? FLOAT32 : 0;
  if (core.onReceipt_ != nullptr) capabilities |= WANTS_RECEIPTS;
  if (core.uses(FileReceiverPart)) capabilities |= TAKES_FILES;
#ifndef __AVR__
  if (core.uses(FirmwarePart)) capabilities |= TAKES_FIRMWARE;
#endif
  writer.put(capabilities);
  writer.array(3);
  writer.unsignedInteger(core.acknowledged_ + 1);
  writer.unsignedInteger(core.session_);
  writer.unsignedInteger(core.received_);
  if (writeCredentials != nullptr) writeCredentials(core, writer);
}

void Core::useCredentials(const char *user, const char *password) {
  user_ = user;
  password_ = password;
  writeUser_ = writeUser;
  parts_ = static_cast<uint16_t>((parts_ | CredentialsPart) & ~PairingPart);
}

void Core::writeUser(Core &core, CborWriter &writer) {
  const uint8_t USER = 1, PASSWORD = 2;
  writer.map(2);
  writer.put(USER);
  writer.text(core.user_);
  writer.put(PASSWORD);
  writer.text(core.password_);
}

void Core::onError(ErrorHandler handler) {
  onError_ = handler;
  report_ = reportError;
}

void Core::reportError(Core &core, uint16_t code) {
  if (core.onError_ == nullptr) return;
  const Frame &frame = core.frame_;
  // What the device itself sees has no text, and is about nothing.
  const bool hasFrame = frame.type == FrameType::Error;
  core.onError_(Error{code, hasFrame ? frame.field(1) : Value(), hasFrame ? frame.field(2) : Value()});
}

void Core::writeLog(Core &, CborWriter &writer, const void *what) {
  const LogLine &line = *static_cast<const LogLine *>(what);
  writer.array(3);
  writer.put(FrameType::Log);
  writer.unsignedInteger(line.level);
  line.write(writer, line.text);
}

Result Core::sendLog(uint8_t level, ValueWriter write, const void *text) {
  const LogLine line = {level, write, text};
  return sendData(writeLog, &line);
}

void Core::end(bool comesBack) {
  if (state_ == State::Online) sendShort(FrameType::Goodbye, comesBack ? 1 : 0);
  if (state_ == State::Idle) return;
  state_ = State::Stopped;
  tell(Event::Lost);
}

uint32_t Core::time() const {
  return serverTime_ == 0 ? 0 : serverTime_ + (static_cast<uint32_t>(millis()) - welcomeMs_) / 1000;
}

}  // namespace crosscomm
