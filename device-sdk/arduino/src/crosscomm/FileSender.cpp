// Files that the device sends: section 17 of the protocol. Linked where a sketch sends one.

#include "FileSender.h"

#include "CoreTimes.h"
#include "FileChecksum.h"
#include "FileTransfer.h"

namespace crosscomm {

namespace {

const uint16_t KEPT_BYTES = CROSSCOMM_FILE_CHUNK * CROSSCOMM_FILE_CHUNKS;
/** So that a serial line does not pause while a file is read. */
#ifdef __AVR__
const uint16_t READ_AT_ONCE = CROSSCOMM_FILE_CHUNK / 4;
#else
const uint16_t READ_AT_ONCE = CROSSCOMM_FILE_CHUNK;
#endif

FileSender sender;

}  // namespace

Result Core::sendFile(KeptName name, FileKind kind, KeptName to, Stream &stream, uint32_t size, UploadHandler handler) {
  const Result result = sender.begin(*this, name.text(), kind, to.text(), size, handler);
  if (result == Result::Ok) sender.readFrom(&stream, nullptr);
  return result;
}

Result Core::sendFile(KeptName name, FileKind kind, KeptName to, FileReader reader, uint32_t size,
                      UploadHandler handler) {
  const Result result = sender.begin(*this, name.text(), kind, to.text(), size, handler);
  if (result == Result::Ok) sender.readFrom(nullptr, reader);
  return result;
}

void Core::cancelFile() { sender.cancel(*this); }

Result FileSender::begin(Core &core, const char *name, FileKind kind, const char *to, uint32_t size,
                         UploadHandler handler) {
  if (core.state_ == Core::State::Idle) return Result::NotBegun;
  if (state_ != State::Idle) return Result::FileUnderWay;
  core_ = &core;
  static Core::Part self = {part, Core::FileSenderPart, nullptr};
  core.usePart(self);
  name_ = name;
  kind_ = kind;
  to_ = to;
  size_ = size;
  handler_ = handler;
  wanted_ = end_ = sent_ = read_ = 0;
  crc_ = CRC32_START;
  at_ = 0;
  wentBack_ = false;
  state_ = State::New;
  return Result::Ok;
}

void FileSender::cancel(Core &core) {
  if (core_ != &core || state_ == State::Idle) return;
  if (core.state_ == Core::State::Online && state_ != State::New) send(writeCancel);
  state_ = State::Idle;
}

CROSSCOMM_NOINLINE bool FileSender::part(Core &core, CoreMemory::Event event) {
  if (sender.core_ != &core || sender.state_ == State::Idle) return true;
  switch (event) {
    case CoreMemory::Event::Frame: sender.receive(); break;
    case CoreMemory::Event::Work: sender.work(); break;
    case CoreMemory::Event::Welcome:
      // The gateway says where to go on.
      if (sender.state_ > State::New) sender.state_ = State::Offering;
      sender.waitMs_ = 0;
      break;
    default: break;
  }
  return true;
}

CROSSCOMM_NOINLINE void FileSender::receive() {
  const Frame &frame = core_->frame_;
  if (state_ == State::New || frame.number(0) != id_) return;
  switch (frame.type) {
    case FrameType::Want: return want(frame.number(1), frame.number(2));
    case FrameType::Done: return end(Code::Ok, frame.field(1));
    case FrameType::Cancel: {
      uint16_t code = static_cast<uint16_t>(frame.number(1));
      if (code == Code::NoFile) {
        // It stood still for too long. What is stored of it is kept; another such answer may be on its way.
        if (state_ != State::Offering) waitMs_ = 0;
        state_ = State::Offering;
        return;
      }
      if (code == Code::Ok) code = Code::Cancelled;
      return end(code, Value());
    }
    default: return;
  }
}

CROSSCOMM_NOINLINE void FileSender::want(uint32_t offset, uint32_t bytes) {
  const bool isAnswer = state_ == State::Offering;
  if (offset > size_ || (!isAnswer && offset < wanted_)) return;
  const uint32_t end = bytes < size_ - offset ? offset + bytes : size_;
  startWaiting();
  const bool isFurther = offset > wanted_;
  if (state_ == State::Finishing && offset == size_) {
    wanted_ = offset;
    if (isFurther) report(false, Code::Ok, Value());
    return;
  }
  const bool isRepeated = !isAnswer && !isFurther && end <= end_;
  if (isRepeated && (bytes == 0 || wentBack_)) return;
  wentBack_ = isRepeated;
  // The gateway's disk lost what this device cannot read again.
  if (stream_ != nullptr && offset < wanted_ && offset < read_) return giveUp();
  if (isAnswer || isRepeated || sent_ < offset) sent_ = offset;
  wanted_ = offset;
  end_ = end;
  state_ = State::Sending;
  if (isFurther) report(false, Code::Ok, Value());
}

/** Sends several chunks where the link takes them, as the sketch's own loop may take its time. */
CROSSCOMM_NOINLINE void FileSender::work() {
  for (uint8_t left = CROSSCOMM_FILE_CHUNKS; left > 0 && step(); left--) {
  }
}

/** Does one thing. True where it was a chunk that was sent. */
CROSSCOMM_NOINLINE bool FileSender::step() {
  if (state_ == State::Sending) readAhead();
  if (!core_->hasRoomOnLink(CROSSCOMM_FILE_CHUNK + CHUNK_HEAD)) return false;
  if (state_ == State::New) {
    // Not one that an earlier start had, also where its boot id was the same: sessions are random.
    id_ = static_cast<uint16_t>(id_ == 0 ? core_->session_ : id_ + 2) & 0xFFFE;
    if (id_ == 0) id_ = 2;
    state_ = State::Offering;
    waitMs_ = 0;
  }
  if (state_ == State::Sending) {
    if (sent_ < end_) return sendChunk();
    if (sent_ == size_ && read_ == size_) {
      state_ = State::Finishing;
      waitMs_ = 0;
    }
  }
  if (isDue()) repeat();
  return false;
}

CROSSCOMM_NOINLINE bool FileSender::isDue() const { return hasPassed(core_->nowMs_, sinceMs_, waitMs_); }

/** Says again what was not answered, or says it for the first time. */
CROSSCOMM_NOINLINE void FileSender::repeat() {
  const bool isFirst = waitMs_ == 0;
  const uint16_t waitMs = isFirst ? FIRST_WAIT_MS : twice(waitMs_, LONGEST_REPEAT_WAIT_MS);
  startWaiting();
  waitMs_ = waitMs;
  // What the Done would end may have been lost.
  if (state_ == State::Finishing && (isFirst || wanted_ == size_)) {
    send(writeDone);
  } else if (state_ == State::Offering || sent_ == wanted_) {
    // While its source has nothing, or the gateway no room, an Offer tells that the transfer lives.
    if (!send(writeOffer)) end(Code::TooLarge, Value());
  } else {
    sent_ = wanted_;
    state_ = State::Sending;
  }
}

CROSSCOMM_NOINLINE void FileSender::startWaiting() {
  sinceMs_ = static_cast<uint16_t>(core_->nowMs_);
  waitMs_ = FIRST_WAIT_MS;
}

CROSSCOMM_NOINLINE bool FileSender::send(Core::FrameWriter write) {
  return core_->sendFrame(write, nullptr) == Result::Ok;
}

CROSSCOMM_NOINLINE bool FileSender::sendChunk() {
  length_ = take(content_);
  if (length_ == 0) {
    if (isDue()) repeat();
    return false;
  }
  if (sent_ == wanted_) startWaiting();
  send(writeChunk);
  sent_ += length_;
  return true;
}

/** What the next chunk contains; 0 where it is not read yet. */
CROSSCOMM_NOINLINE uint16_t FileSender::take(const uint8_t *&content) {
  if (read_ < sent_) return 0;
  const uint16_t most = static_cast<uint16_t>(core_->gatewayMaxFrame_ - CHUNK_HEAD);
  uint16_t length = static_cast<uint16_t>(lesser(end_ - sent_, lesser(most, CROSSCOMM_FILE_CHUNK)));
  const uint32_t ahead = read_ - sent_;
  content = kept_;
  if (stream_ == nullptr) {
    length = readAt(sent_, length);
    if (length > ahead) add(kept_ + ahead, static_cast<uint16_t>(length - ahead));
    return length;
  }
  uint16_t place = static_cast<uint16_t>(at_ + KEPT_BYTES - ahead);
  if (place >= KEPT_BYTES) place = static_cast<uint16_t>(place - KEPT_BYTES);
  content += place;
  length = static_cast<uint16_t>(lesser(length, static_cast<uint16_t>(KEPT_BYTES - place)));
  return ahead < length ? 0 : length;
}

/** Reads a Stream as far as there is room, and what the gateway has from an earlier start just for the checksum. */
CROSSCOMM_NOINLINE void FileSender::readAhead() {
  if (stream_ == nullptr) {
    if (read_ >= sent_) return;
    return add(kept_, readAt(read_, static_cast<uint16_t>(lesser(sent_ - read_, CROSSCOMM_FILE_CHUNK))));
  }
  for (uint16_t left = READ_AT_ONCE; left > 0 && read_ < size_; left--) {
    const bool isKept = read_ >= wanted_;
    if (isKept && read_ - wanted_ >= KEPT_BYTES) return;
    const int byte = stream_->read();
    if (byte < 0) return;
    add(static_cast<uint8_t>(byte));
    if (!isKept) continue;
    kept_[at_++] = static_cast<uint8_t>(byte);
    if (at_ == KEPT_BYTES) at_ = 0;
  }
}

uint16_t FileSender::readAt(uint32_t offset, uint16_t length) {
  return static_cast<uint16_t>(lesser(static_cast<uint32_t>(reader_(offset, kept_, length)), length));
}

/** Adds a byte to the checksum. */
CROSSCOMM_NOINLINE void FileSender::add(uint8_t byte) {
  crc_ = crc32Update(crc_, byte);
  read_++;
}

CROSSCOMM_NOINLINE void FileSender::add(const uint8_t *bytes, uint16_t length) {
  while (length-- > 0) add(*bytes++);
}

CROSSCOMM_NOINLINE void FileSender::report(bool isOver, uint16_t code, const Value &key) {
  if (handler_ != nullptr) handler_(Upload{name_, size_, wanted_, isOver, code, key});
}

CROSSCOMM_NOINLINE void FileSender::end(uint16_t code, const Value &key) {
  state_ = State::Idle;
  if (code == Code::Ok) wanted_ = size_;
  report(true, code, key);
}

CROSSCOMM_NOINLINE void FileSender::giveUp() {
  send(writeCancel);
  end(Code::Cancelled, Value());
}

void FileSender::writeOffer(Core &core, CborWriter &writer, const void *) {
  writer.array(6);
  writer.put(FrameType::Offer);
  writer.unsignedInteger(sender.id_);
  writer.text(sender.name_);
  writer.unsignedInteger(sender.size_);
  writer.put(static_cast<uint8_t>(sender.kind_));
  core.writeTarget(writer, sender.to_);
}

void FileSender::writeChunk(Core &, CborWriter &writer, const void *) {
  writer.array(4);
  writer.put(FrameType::Chunk);
  writer.unsignedInteger(sender.id_);
  writer.unsignedInteger(sender.sent_);
  writer.bytes(sender.content_, sender.length_);
}

void FileSender::writeDone(Core &, CborWriter &writer, const void *) {
  writer.array(4);
  writer.put(FrameType::Done);
  writer.unsignedInteger(sender.id_);
  writer.unsignedInteger(sender.size_);
  writer.unsignedInteger(~sender.crc_);
}

void FileSender::writeCancel(Core &, CborWriter &writer, const void *) {
  writer.array(2);
  writer.put(FrameType::Cancel);
  writer.unsignedInteger(sender.id_);
}

}  // namespace crosscomm
