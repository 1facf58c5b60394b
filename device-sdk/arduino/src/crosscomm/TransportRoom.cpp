// Whether a link has room for a frame. Linked where something waits for it: what is delivered, and files.

#include "Core.h"

namespace crosscomm {

namespace {
/** Both ENDs and the checksum. Bytes that must be escaped are rare, and cost a short wait. */
const size_t FRAMING = 4;
}  // namespace

CROSSCOMM_NOINLINE bool StreamLink::hasRoomFor(size_t length) {
  const int room = stream_->availableForWrite();
  // Streams that cannot tell say 0, always.
  if (room > static_cast<int>(emptyRoom_)) emptyRoom_ = static_cast<uint16_t>(room);
  if (emptyRoom_ == 0) return true;
  const size_t wanted = length + FRAMING;
  // What never fits begins while the last quarter is still to leave: a line that waited for all of it would rest meanwhile.
  return room >= static_cast<int>(wanted <= emptyRoom_ ? wanted : emptyRoom_ - emptyRoom_ / 4);
}

CROSSCOMM_NOINLINE bool Core::hasRoomOnLink(size_t length) {
  return isByStream() ? stream_.hasRoomFor(length) : transport_->hasRoomFor(length);
}

}  // namespace crosscomm
