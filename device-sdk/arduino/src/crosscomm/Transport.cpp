#include "Transport.h"

namespace crosscomm {

namespace {
/** So that a line that never rests does not keep the sketch from its own work. */
const uint16_t MOST_BYTES_AT_ONCE = 512;
}  // namespace

#ifdef __AVR__
void StreamLink::beginFrame(SlipEncoder &line) { line.begin(*stream_); }

void StreamLink::endFrame(SlipEncoder &line) { line.end(); }
#else
void StreamLink::beginFrame(SlipEncoder &line) {
  gatherer_.begin(*stream_);
  line.begin(gatherer_);
}

void StreamLink::endFrame(SlipEncoder &line) {
  line.end();
  gatherer_.pass();
}
#endif

size_t StreamLink::receive(const uint8_t *&frame) {
  for (uint16_t left = MOST_BYTES_AT_ONCE; left > 0; left--) {
    const int byte = stream_->read();
    if (byte < 0) break;
    if (decoder_.push(static_cast<uint8_t>(byte)) != SlipDecoder::Event::Frame) continue;
    frame = decoder_.frame();
    return decoder_.length();
  }
  return 0;
}

}  // namespace crosscomm
