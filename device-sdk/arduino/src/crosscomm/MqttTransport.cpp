#include "MqttTransport.h"

namespace crosscomm {

namespace {

const char PREFIX[] PROGMEM = "$frames/";
const size_t LONGEST_END = 5;
const size_t HEADER = 2;
/** Of a PUBLISH beside topic and payload: type, length, and the topic's length. */
const size_t MOST_PACKET_HEAD = 7;

char hexDigit(uint8_t four) { return static_cast<char>(four < 10 ? '0' + four : 'A' + four - 10); }

bool mustBeEncoded(char c) { return c == '%' || c == '/' || c == '+' || c == '#'; }

}  // namespace

void MqttTransport::begin(const char *id, uint8_t *buffer, size_t size) {
  id_ = id;
  received_ = buffer;
  receivedSize_ = size;
  receivedLength_ = handedOut_ = 0;
  retry_ = Retry();
  prefixLength_ = 0;
  uint8_t length = 0;
  while (const char c = static_cast<char>(pgm_read_byte(PREFIX + length))) topic_[length++] = c;
  for (; *id != 0; id++) {
    if (length + 3 + 1 + LONGEST_END > CROSSCOMM_MAX_TOPIC) return;
    if (mustBeEncoded(*id)) {
      topic_[length++] = '%';
      topic_[length++] = hexDigit(static_cast<uint8_t>(*id) >> 4);
      topic_[length++] = hexDigit(*id & 15);
    } else {
      topic_[length++] = *id;
    }
  }
  topic_[length++] = '/';
  prefixLength_ = length;
}

const char *MqttTransport::topic(const char *end) {
  strcpy(topic_ + prefixLength_, end);
  return topic_;
}

bool MqttTransport::open(uint32_t nowMs) {
  if (prefixLength_ == 0) return false;
  if (link_.loop()) return true;
  receivedLength_ = handedOut_ = 0;
  if (!retry_.isDue(nowMs)) return false;
  link_.connect(id_, topic("down"), MOST_PACKET_HEAD + prefixLength_ + LONGEST_END + receivedSize_ - HEADER);
  // It may have taken seconds.
  retry_.defer(millis(), random_);
  return false;
}

bool MqttTransport::take(const char *topicThatCame, const uint8_t *payload, size_t length) {
  if (!isForFrames(topicThatCame)) return false;
  uint8_t *const at = place(length);
  if (at != nullptr) memcpy(at, payload, length);
  return true;
}

bool MqttTransport::isForFrames(const char *topicThatCame) {
  return prefixLength_ != 0 && strcmp(topicThatCame, topic("down")) == 0;
}

uint8_t *MqttTransport::place(size_t length) {
  if (length == 0) return nullptr;
  if (receivedLength_ + HEADER + length > receivedSize_) {
    drop();
    return nullptr;
  }
  uint8_t *const at = received_ + receivedLength_;
  at[0] = static_cast<uint8_t>(length);
  at[1] = static_cast<uint8_t>(length >> 8);
  receivedLength_ += HEADER + length;
  return at + HEADER;
}

size_t MqttTransport::receive(const uint8_t *&frame) {
  if (handedOut_ > 0) {
    memmove(received_, received_ + handedOut_, receivedLength_ - handedOut_);
    receivedLength_ -= handedOut_;
    handedOut_ = 0;
  }
  if (receivedLength_ == 0) return 0;
  retry_.reset();
  const size_t length = static_cast<size_t>(received_[0] | static_cast<uint16_t>(received_[1]) << 8);
  handedOut_ = HEADER + length;
  frame = received_ + HEADER;
  return length;
}

void MqttTransport::beginFrame(size_t) { length_ = 0; }

void MqttTransport::put(uint8_t byte) {
  if (length_ < size_) buffer_[length_] = byte;
  length_++;
}

void MqttTransport::endFrame() {
  if (length_ > size_ || !link_.publish(topic("up"), buffer_, length_)) drop();
}

void MqttTransport::drop() {
  if (dropped_ < 0xFFFF) dropped_++;
}

}  // namespace crosscomm
