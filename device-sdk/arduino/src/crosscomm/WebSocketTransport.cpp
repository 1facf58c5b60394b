#include "WebSocketTransport.h"

namespace crosscomm {

namespace {

const uint16_t ANSWER_WITHIN_MS = 10000;
/** So that a server that never rests does not keep the sketch from its own work. */
const uint16_t MOST_STEPS_AT_ONCE = 512;
/** What a transport's buffer has beyond the largest frame. */
const size_t BEYOND_FRAME = 2;
const uint8_t FINAL = 0x80, MASKED = 0x80, TWO_BYTES = 126, EIGHT_BYTES = 127;
const uint8_t MOST_HEAD = 14;
const uint16_t CLOSE_NORMAL = 1000, CLOSE_VIOLATION = 1002;

}  // namespace

const FlashText *toText(WebSocketFault fault) {
  switch (fault) {
    case WebSocketFault::None: return F("ok");
    case WebSocketFault::NotConnected: return F("cannot connect to the gateway");
    case WebSocketFault::Refused: return F("no WebSocket there, or it refuses");
    case WebSocketFault::WrongAccept: return F("the answer is not a WebSocket server's");
    case WebSocketFault::NoAnswer: return F("no answer within 10 s");
    case WebSocketFault::Violation: return F("the server broke the rules of WebSockets");
    case WebSocketFault::Closed: return F("connection closed");
  }
  return F("unknown");
}

void WebSocketTransport::begin(const char *, uint8_t *buffer, size_t size) {
  decoder_.useBuffer(buffer, size - BEYOND_FRAME);
  // A sketch may go to another link and come back: what was said by this one is of yesterday.
  if (state_ != State::Closed) fail(WebSocketFault::Closed);
  retry_ = Retry();
}

bool WebSocketTransport::open(uint32_t nowMs) {
  if (state_ == State::Closed && retry_.isDue(nowMs)) connect();
  if (state_ == State::Handshake) shakeHands(static_cast<uint16_t>(millis()));
  if (state_ != State::Open) return false;
  flush();
  // Once in 256 ms: a board whose network is a modem asks that one each time, and for available() as well.
  const uint16_t now = static_cast<uint16_t>(nowMs);
  if (static_cast<uint8_t>(now >> 8) == static_cast<uint8_t>(sinceMs_ >> 8)) return true;
  sinceMs_ = now;
  if (client_.connected() || client_.available() > 0) return true;
  fail(WebSocketFault::Closed);
  return false;
}

void WebSocketTransport::connect() {
  const bool isConnected = client_.connect(host_, port_) > 0;
  // It may have taken seconds.
  const uint32_t now = millis();
  sinceMs_ = static_cast<uint16_t>(now);
  retry_.defer(now, random_);
  if (!isConnected) return fail(WebSocketFault::NotConnected);
  used_ = 0;
  isDropping_ = false;
  decoder_.begin();
  state_ = State::Handshake;
  uint8_t bytes[16];
  for (uint8_t i = 0; i < sizeof bytes; i++) bytes[i] = static_cast<uint8_t>(random_.next() >> 24);
  handshake_.begin(out_, host_, port_, bytes);
  flush();
}

void WebSocketTransport::shakeHands(uint16_t now) {
  flush();
  while (client_.available() > 0) {
    switch (handshake_.push(static_cast<uint8_t>(client_.read()))) {
      case WebSocketHandshake::State::Reading: continue;
      case WebSocketHandshake::State::Refused: return fail(WebSocketFault::Refused);
      case WebSocketHandshake::State::WrongAccept: return fail(WebSocketFault::WrongAccept);
      case WebSocketHandshake::State::Accepted:
        state_ = State::Open;
        fault_ = WebSocketFault::None;
        return;
    }
  }
  if (!client_.connected()) return fail(WebSocketFault::Closed);
  if (static_cast<uint16_t>(now - sinceMs_) >= ANSWER_WITHIN_MS) fail(WebSocketFault::NoAnswer);
}

void WebSocketTransport::fail(WebSocketFault fault) {
  client_.stop();
  state_ = State::Closed;
  fault_ = fault;
  used_ = 0;
}

void WebSocketTransport::close() {
  if (state_ != State::Closed) end(CLOSE_NORMAL, WebSocketFault::Closed);
}

/** Says why, where somebody listens. */
CROSSCOMM_NOINLINE void WebSocketTransport::end(uint16_t reason, WebSocketFault fault) {
  const uint8_t bytes[] = {static_cast<uint8_t>(reason >> 8), static_cast<uint8_t>(reason)};
  if (state_ == State::Open) answer(CLOSE, bytes, sizeof bytes);
  fail(fault);
}

CROSSCOMM_NOINLINE void WebSocketTransport::drop() {
  if (dropped_ < 0xFFFF) dropped_++;
}

size_t WebSocketTransport::receive(const uint8_t *&frame) {
  for (uint16_t step = 0; step < MOST_STEPS_AT_ONCE && state_ == State::Open; step++) {
    const int available = client_.available();
    if (available <= 0) return 0;
    WebSocketDecoder::Event event;
    uint8_t *place = nullptr;
    const size_t room = decoder_.direct(place);
    if (room > 0) {
      const size_t most = static_cast<size_t>(available);
      const int count = client_.read(place, room < most ? room : most);
      if (count <= 0) return 0;
      event = decoder_.took(static_cast<size_t>(count));
    } else {
      event = decoder_.push(static_cast<uint8_t>(client_.read()));
    }
    switch (event) {
      case WebSocketDecoder::Event::None: break;
      case WebSocketDecoder::Event::Message:
        if (decoder_.length() == 0) break;
        // Not before: a server that closes each connection at once must not be asked again and again.
        retry_.reset();
        frame = decoder_.message();
        return decoder_.length();
      case WebSocketDecoder::Event::TooLarge: drop(); break;
      case WebSocketDecoder::Event::Ping: answer(PONG, decoder_.message(), decoder_.length()); break;
      case WebSocketDecoder::Event::Close:
        answer(CLOSE, decoder_.message(), decoder_.length() < 2 ? 0 : 2);
        fail(WebSocketFault::Closed);
        break;
      case WebSocketDecoder::Event::Violation: end(CLOSE_VIOLATION, WebSocketFault::Violation); break;
    }
  }
  return 0;
}

bool WebSocketTransport::hasRoomFor(size_t length) {
  flush();
  return used_ == 0 || used_ + MOST_HEAD + length <= size_;
}

void WebSocketTransport::beginMessage(uint8_t opcode, size_t length) {
  isDropping_ = state_ != State::Open || (!hasRoomFor(length) && used_ > 0);
  if (isDropping_) return drop();
  append(static_cast<uint8_t>(FINAL | opcode));
  uint8_t lengthBytes = 0;
  if (length < TWO_BYTES) {
    append(static_cast<uint8_t>(MASKED | length));
  } else {
    lengthBytes = length <= 0xFFFF ? 2 : 8;
    append(MASKED | (lengthBytes == 2 ? TWO_BYTES : EIGHT_BYTES));
  }
  // Of 8 bytes the first are 0: no board sends 4 GB.
  const uint32_t length32 = static_cast<uint32_t>(length);
  while (lengthBytes-- > 0) append(static_cast<uint8_t>(lengthBytes < 4 ? length32 >> (8 * lengthBytes) : 0));
  const uint32_t mask = random_.next();
  for (uint8_t i = 0; i < sizeof mask_; i++) append(mask_[i] = static_cast<uint8_t>(mask >> (8 * i)));
  maskAt_ = 0;
}

void WebSocketTransport::put(uint8_t byte) { append(byte ^ mask_[maskAt_++ & 3]); }

void WebSocketTransport::answer(uint8_t opcode, const uint8_t *payload, size_t length) {
  beginMessage(opcode, length);
  for (size_t i = 0; i < length; i++) put(payload[i]);
  flush();
}

void WebSocketTransport::append(uint8_t byte) {
  if (isDropping_ || state_ == State::Closed) return;
  if (used_ >= size_) flush();
  if (used_ >= size_) {
    // A message larger than the buffer, and a connection that takes nothing: half a message cannot be taken back.
    isDropping_ = true;
    return fail(WebSocketFault::Closed);
  }
  buffer_[used_++] = byte;
}

void WebSocketTransport::flush() {
  if (used_ == 0 || state_ == State::Closed) return;
  size_t count = used_;
  const int room = client_.availableForWrite();
  // Clients that cannot tell say 0, always; and then write() waits as long as it likes.
  if (room > 0) tellsRoom_ = true;
  if (tellsRoom_ && room < static_cast<int>(count)) count = room > 0 ? static_cast<size_t>(room) : 0;
  if (count > 0) count = client_.write(buffer_, count);
  if (count > used_) count = used_;
  memmove(buffer_, buffer_ + count, used_ - count);
  used_ -= count;
}

}  // namespace crosscomm
