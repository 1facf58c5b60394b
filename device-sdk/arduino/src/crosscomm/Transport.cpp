#include "Transport.h"

namespace crosscomm {

namespace {
/** Both ENDs and the checksum. Bytes that must be escaped are rare, and cost a short wait. */
const size_t FRAMING = 4;
/** So that a line that never rests does not keep the sketch from its own work. */
const uint16_t MOST_BYTES_AT_ONCE = 512;
}  // namespace

bool StreamTransport::hasRoomFor(size_t length) {
  const int room = stream_->availableForWrite();
  // Streams that cannot tell say 0, always.
  if (room > static_cast<int>(emptyRoom_)) emptyRoom_ = static_cast<uint16_t>(room);
  if (emptyRoom_ == 0) return true;
  const size_t wanted = length + FRAMING;
  // What never fits begins while the last quarter is still to leave: a line that waited for all of it would rest meanwhile.
  return room >= static_cast<int>(wanted <= emptyRoom_ ? wanted : emptyRoom_ - emptyRoom_ / 4);
}

#ifdef __AVR__
void StreamTransport::beginFrame(size_t) { encoder_.begin(*stream_); }

void StreamTransport::endFrame() { encoder_.end(); }
#else
void StreamTransport::beginFrame(size_t) {
  gatherer_.begin(*stream_);
  encoder_.begin(gatherer_);
}

void StreamTransport::endFrame() {
  encoder_.end();
  gatherer_.pass();
}
#endif

size_t StreamTransport::receive(const uint8_t *&frame) {
  for (uint16_t left = MOST_BYTES_AT_ONCE; left > 0; left--) {
    const int byte = stream_->read();
    if (byte < 0) break;
    const SlipDecoder::Event event = decoder_.push(static_cast<uint8_t>(byte));
    if (event == SlipDecoder::Event::Frame) {
      frame = decoder_.frame();
      return decoder_.length();
    }
    if (event >= SlipDecoder::Event::BadChecksum && faults_ < 0xFFFF) faults_++;
  }
  return 0;
}

}  // namespace crosscomm
