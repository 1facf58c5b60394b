// Files that come to the device: section 17 of the protocol. Linked where a sketch takes them.

#include "FileReceiver.h"

#include "CoreTimes.h"
#include "FileChecksum.h"
#include "FileTransfer.h"

namespace crosscomm {

namespace {

/** The fields of an Offer. */
const uint8_t OFFER_NAME = 1, OFFER_SIZE = 2, OFFER_KIND = 3, OFFER_FROM = 4, OFFER_CRC = 5, OFFER_KEY = 6;
/** More than this is not under way on a line that may lose it. */
const uint16_t MOST_UNHELD = 1024;
/** A smaller one is all there is. */
const uint16_t LEAST_SHARED = 256;
/** A Want, and a Fetch beside its key. */
const uint8_t MOST_BYTES = 24;

FileReceiver receiver;

}  // namespace

void Core::onFile(DownloadHandler handler) { receiver.begin(*this, handler); }

Result Core::fetchFile(KeptName key) { return receiver.fetch(*this, key.text(), ImageWish()); }

Result Core::fetchImage(KeptName key, uint16_t width, uint16_t height, ImageFormat format, ImageFit fit) {
  return receiver.fetch(*this, key.text(), ImageWish{width, height, format, fit});
}

void Download::cancel() { receiver.cancel(); }

void Download::skip(const uint8_t *next, size_t count) { receiver.skip(next, count); }

void Download::asImage(uint16_t width, uint16_t height, ImageFormat format, ImageFit fit) {
  receiver.wish(ImageWish{width, height, format, fit});
}

void FileReceiver::begin(Core &core, DownloadHandler handler) {
  core_ = &core;
  handler_ = handler;
  state_ = State::Idle;
  waitingCount_ = 0;
  static Core::Part self = {part, Core::FileReceiverPart, nullptr};
  core.usePart(self);
}

Result FileReceiver::fetch(Core &core, const char *key, const ImageWish &wish) {
  if (core_ != &core || core.state_ == Core::State::Idle) return Result::NotBegun;
  if (state_ != State::Idle) return Result::FileUnderWay;
  key_ = key;
  wish_ = wish;
  read_ = 0;
  isKnown_ = true;
  wasOffered_ = false;
  become(State::Asking);
  return Result::Ok;
}

void FileReceiver::wish(const ImageWish &wish) {
  if (state_ != State::Offering) return;
  wish_ = wish;
  become(State::Asking);
}

/** The chunk that is being told of is in the checksum already, and is counted when the handler returns. */
void FileReceiver::skip(const uint8_t *next, size_t count) {
  for (size_t i = 0; i < count; i++) crc_ = crc32Update(crc_, next[i]);
  read_ += static_cast<uint32_t>(count);
  end_ = read_;
}

bool FileReceiver::part(Core &core, CoreMemory::Event event) {
  if (receiver.core_ != &core) return true;
  switch (event) {
    case CoreMemory::Event::Frame: receiver.receive(); break;
    case CoreMemory::Event::Work: receiver.work(); break;
    case CoreMemory::Event::Welcome:
      receiver.waitMs_ = 0;
      receiver.goesBack_ = true;
      break;
    case CoreMemory::Event::NewSession: receiver.renew(); break;
    case CoreMemory::Event::Error: receiver.refused(); break;
    default: break;
  }
  return true;
}

CROSSCOMM_NOINLINE void FileReceiver::receive() {
  const Frame &frame = core_->frame_;
  switch (frame.type) {
    // A message's comes in a sequenced frame, the answer to a Fetch does not.
    case FrameType::Offer: return core_->frame_.isSequenced() ? offered() : answered();
    case FrameType::Chunk: return takeChunk();
    case FrameType::Cancel: return cancelled();
    default: return;
  }
}

/** A message offers a file. */
CROSSCOMM_NOINLINE void FileReceiver::offered() {
  const Frame &frame = core_->frame_;
  const uint16_t id = static_cast<uint16_t>(frame.number(0));
  const uint32_t crc = frame.number(OFFER_CRC);
  if (id == id_ && key_ == nullptr) {
    // Said again in a new session, to which it was not said yet that this one is over.
    const bool isSame = crc == offeredCrc_ && (state_ != State::Idle || core_->outbox_.count() > 0);
    if (isSame) return;
    // Another file has its number: the gateway knows no more of this one.
    if (state_ != State::Idle) end(Code::NoFile);
  }
  if (state_ != State::Idle) {
    forgetWaiting(id);
    if (waitingCount_ < MOST_WAITING) waiting_[waitingCount_++] = id;
    return;
  }
  key_ = nullptr;
  wish_ = ImageWish();
  offeredCrc_ = crc;
  read(frame);
  start();
}

/** The answer to a Fetch. */
CROSSCOMM_NOINLINE void FileReceiver::answered() {
  const Frame &frame = core_->frame_;
  if (state_ != State::Asking || (key_ == nullptr && frame.number(0) != id_)) return;
  if (!wasOffered_) {
    // Fetched when its turn came, or by its key.
    offeredCrc_ = frame.number(OFFER_CRC);
    read(frame);
    return start();
  }
  const bool isSame = frame.number(OFFER_SIZE) == size_ && frame.number(OFFER_CRC) == expectedCrc_;
  const bool isHalf = read_ > 0;
  read(frame);
  // The other half of something else is of no use.
  if (isHalf && !isSame) return finish(Code::NoFile);
  pull();
}

CROSSCOMM_NOINLINE void FileReceiver::cancelled() {
  const Frame &frame = core_->frame_;
  const uint16_t id = static_cast<uint16_t>(frame.number(0));
  if (id != id_ || state_ != State::Pulling) return forgetWaiting(id);
  const uint16_t code = static_cast<uint16_t>(frame.number(1));
  // The gateway has forgotten it, or is another one now; what has a key can be had all the same.
  if (code == Code::NoFile && key_ != nullptr) return become(State::Asking);
  end(code == Code::Ok ? Code::Cancelled : code);
}

CROSSCOMM_NOINLINE void FileReceiver::takeChunk() {
  const Frame &frame = core_->frame_;
  if (state_ != State::Pulling || frame.number(0) != id_) return;
  const uint32_t offset = frame.number(1);
  const Value content = frame.field(2);
  const uint8_t *const bytes = content.data();
  const uint32_t length = static_cast<uint32_t>(content.size());
  if (offset != read_ || bytes == nullptr || length == 0) {
    if (offset <= read_ || !hasPassed(core_->nowMs_, wentBackMs_, GAP_ACK_EVERY_MS)) return;
    goesBack_ = true;
    waitMs_ = 0;
    return;
  }
  if (length > size_ - read_) return finish(Code::WrongContent);
  uint32_t crc = crc_;
  for (uint32_t i = 0; i < length; i++) crc = crc32Update(crc, bytes[i]);
  crc_ = crc;
  report(Download::Step::Chunk, bytes, length, Code::Ok);
  read_ += length;
  if (isCancelled_) return finish(Code::Cancelled);
  if (read_ == size_) return finish(~crc == expectedCrc_ ? Code::Ok : Code::WrongContent);
  sinceMs_ = static_cast<uint16_t>(core_->nowMs_);
  waitMs_ = FIRST_WAIT_MS;
  // More is wanted before the line is at rest.
  if (static_cast<int32_t>(end_ - read_) <= static_cast<int32_t>(window_ / 2U) && end_ < size_) waitMs_ = 0;
}

/** An Error came: about a Fetch? */
CROSSCOMM_NOINLINE void FileReceiver::refused() {
  const Frame &frame = core_->frame_;
  if (state_ != State::Asking || frame.number(ABOUT, ABOUT_TYPE) != FrameType::Fetch) return;
  const uint16_t code = static_cast<uint16_t>(frame.number(0));
  // Later: it is asked again by the clock.
  if (code != Code::QueueFull) end(code);
}

/** A new session, in which a message's files are offered again, as they are. */
CROSSCOMM_NOINLINE void FileReceiver::renew() {
  waitingCount_ = 0;
  if (state_ == State::Asking && !isKnown_) state_ = State::Idle;
  if (state_ == State::Pulling && (key_ != nullptr || wish_.isSet())) become(State::Asking);
}

CROSSCOMM_NOINLINE void FileReceiver::read(const Frame &offer) {
  id_ = static_cast<uint16_t>(offer.number(0));
  size_ = offer.number(OFFER_SIZE);
  const uint32_t kind = offer.number(OFFER_KIND);
  kind_ = kind == static_cast<uint8_t>(FileKind::Image) ? FileKind::Image : FileKind::File;
#ifndef __AVR__
  if (kind == static_cast<uint8_t>(FileKind::Firmware)) kind_ = FileKind::Firmware;
#endif
  expectedCrc_ = offer.number(OFFER_CRC);
}

/** Asks the sketch, while the Offer is in the frame. */
CROSSCOMM_NOINLINE void FileReceiver::start() {
  read_ = 0;
  isKnown_ = true;
  wasOffered_ = true;
  isCancelled_ = false;
  state_ = State::Offering;
  report(Download::Step::Offered, nullptr, 0, Code::Ok);
  if (isCancelled_) return finish(Code::Cancelled);
  // Unless the sketch wants an image of it.
  if (state_ == State::Offering) pull();
}

CROSSCOMM_NOINLINE void FileReceiver::pull() {
  if (read_ == 0) crc_ = CRC32_START;
  if (read_ == size_) return finish(~crc_ == expectedCrc_ ? Code::Ok : Code::WrongContent);
  window_ = windowOf();
  goesBack_ = false;
  become(State::Pulling);
}

/** Nothing more of it is wanted: the gateway is told, and then the sketch. */
CROSSCOMM_NOINLINE void FileReceiver::finish(uint16_t code) {
  endCode_ = code;
  if (isCancelled_) isKnown_ = false;
  become(State::Ending);
}

CROSSCOMM_NOINLINE void FileReceiver::end(uint16_t code) {
  state_ = State::Idle;
  if (!isKnown_) return;
  isKnown_ = false;
  report(Download::Step::Over, nullptr, 0, code);
}

CROSSCOMM_NOINLINE void FileReceiver::become(State state) {
  state_ = state;
  waitMs_ = 0;
}

CROSSCOMM_NOINLINE void FileReceiver::work() {
  if (state_ == State::Idle && waitingCount_ > 0) nextWaiting();
  if (state_ == State::Idle) return;
  if (state_ == State::Ending) {
    if (core_->keepFrame(writeEnd, nullptr) == Result::Ok) end(endCode_);
    return;
  }
  const size_t room = MOST_BYTES + (state_ == State::Asking && key_ != nullptr ? strlen(key_) : 0);
  if (core_->hasRoomOnLink(room)) workOnFile();
}

CROSSCOMM_NOINLINE void FileReceiver::workOnFile() {
  const bool isFirst = waitMs_ == 0;
  if (!isFirst && !isDue()) return;
  sinceMs_ = static_cast<uint16_t>(core_->nowMs_);
  waitMs_ = isFirst ? FIRST_WAIT_MS : twice(waitMs_, LONGEST_REPEAT_WAIT_MS);
  if (state_ == State::Asking) return send(writeFetch);
  // What was wanted last, once more, takes the gateway back to there.
  const bool goesBack = goesBack_ || !isFirst;
  goesBack_ = false;
  if (goesBack) wentBackMs_ = sinceMs_;
  if (goesBack && wanted_ != read_) want();
  want();
}

CROSSCOMM_NOINLINE bool FileReceiver::isDue() const { return hasPassed(core_->nowMs_, sinceMs_, waitMs_); }

CROSSCOMM_NOINLINE void FileReceiver::nextWaiting() {
  id_ = waiting_[0];
  forgetWaiting(id_);
  key_ = nullptr;
  wish_ = ImageWish();
  isKnown_ = wasOffered_ = false;
  become(State::Asking);
}

CROSSCOMM_NOINLINE void FileReceiver::forgetWaiting(uint16_t id) {
  uint8_t kept = 0;
  for (uint8_t i = 0; i < waitingCount_; i++) {
    if (waiting_[i] != id) waiting_[kept++] = waiting_[i];
  }
  waitingCount_ = kept;
}

CROSSCOMM_NOINLINE void FileReceiver::want() {
  wanted_ = read_;
  end_ = read_ + lesser(window_, size_ - read_);
  send(writeWant);
}

/** How much may be under way: chunks of whole rows one by one, as the gateway fills its frames when it may send more. */
CROSSCOMM_NOINLINE uint16_t FileReceiver::windowOf() const {
  const bool isHeldBack = !core_->isByStream() && core_->transport_->isHeldBack();
  const uint16_t most = isHeldBack ? 0xFFFF / (2 * CROSSCOMM_FILE_CHUNKS) : MOST_UNHELD;
  uint16_t chunk = static_cast<uint16_t>(lesser(static_cast<uint32_t>(core_->maxFrame_ - CHUNK_HEAD), most));
  const uint32_t row = rowBytes();
#ifndef __AVR__
  // Where a library hands over several messages at a time, others have to fit beside the chunk.
  if (!isHeldBack && chunk > LEAST_SHARED) chunk = static_cast<uint16_t>(chunk - chunk / 4);
#endif
  if (row > 0 && row <= chunk) return static_cast<uint16_t>(chunk - chunk % row);
#ifndef __AVR__
  // Of firmware, as much as a Want can say: the link holds back what the board has no room for, and little else is said meanwhile.
  if (isHeldBack && kind_ == FileKind::Firmware) return static_cast<uint16_t>(0xFFFF - 0xFFFF % chunk);
#endif
  return isHeldBack ? static_cast<uint16_t>(chunk * CROSSCOMM_FILE_CHUNKS) : chunk;
}

/** The bytes of a row of pixels; 0 where there are none, or it cannot be known. */
CROSSCOMM_NOINLINE uint32_t FileReceiver::rowBytes() const {
  const uint32_t width = wish_.width;
  const bool isRows = wish_.format != ImageFormat::AsIs && wish_.format < ImageFormat::Jpeg;
  if (!isRows) return 0;
  if (width == 0) return wish_.height == 0 ? 0 : size_ / wish_.height;
  switch (wish_.format) {
    case ImageFormat::Rgb565: return width * 2;
    case ImageFormat::Mono: return (width + 7) / 8;
    default: return (width + 1) / 2;
  }
}

CROSSCOMM_NOINLINE void FileReceiver::report(Download::Step step, const uint8_t *bytes, size_t length, uint16_t code) {
  Download file = {step, id_, kind_, size_, read_, bytes, length, code, Value(), Value(), Value()};
  if (step == Download::Step::Offered) {
    const Frame &offer = core_->frame_;
    file.name = offer.field(OFFER_NAME);
    file.from = offer.field(OFFER_FROM);
    file.key = offer.field(OFFER_KEY);
  }
  handler_(file);
}

void FileReceiver::writeFetch(Core &, CborWriter &writer, const void *) {
  const ImageWish &wish = receiver.wish_;
  const uint16_t options[] = {wish.width, wish.height, static_cast<uint8_t>(wish.fit),
                              static_cast<uint8_t>(wish.format)};
  writer.array(wish.isSet() ? 3 : 2);
  writer.put(FrameType::Fetch);
  if (receiver.key_ == nullptr) {
    writer.unsignedInteger(receiver.id_);
  } else {
    writer.text(receiver.key_);
  }
  if (!wish.isSet()) return;
  uint8_t count = 0;
  for (const uint16_t option : options) count = static_cast<uint8_t>(count + (option != 0));
  writer.map(count);
  for (uint8_t place = 0; place < 4; place++) {
    if (options[place] == 0) continue;
    writer.put(place);
    writer.unsignedInteger(options[place]);
  }
}

void FileReceiver::writeWant(Core &, CborWriter &writer, const void *) {
  writer.array(4);
  writer.put(FrameType::Want);
  writer.unsignedInteger(receiver.id_);
  writer.unsignedInteger(receiver.read_);
  writer.unsignedInteger(receiver.end_ - receiver.read_);
}

/** A Done, or a Cancel that says why. */
void FileReceiver::writeEnd(Core &, CborWriter &writer, const void *) {
  const uint16_t code = receiver.endCode_;
  const bool hasCode = code != Code::Ok && code != Code::Cancelled;
  writer.array(hasCode ? 3 : 2);
  writer.put(code == Code::Ok ? FrameType::Done : FrameType::Cancel);
  writer.unsignedInteger(receiver.id_);
  if (hasCode) writer.unsignedInteger(code);
}

}  // namespace crosscomm
