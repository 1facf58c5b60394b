#include "Result.h"

namespace crosscomm {

const FlashText *toText(Result result) {
  switch (result) {
    case Result::Ok: return F("ok");
    case Result::TooLarge: return F("frame too large");
    case Result::NotAFrame: return F("not a frame");
    case Result::Truncated: return F("frame cut off");
    case Result::Trailing: return F("bytes after the frame");
    case Result::Unsupported: return F("unsupported CBOR");
    case Result::TooDeep: return F("nested too deep");
    case Result::BadKey: return F("bad key in a map");
    case Result::BadField: return F("bad field in a frame");
    case Result::Offline: return F("offline, not sent");
    case Result::OutboxFull: return F("outbox full, try again later");
    case Result::OutboxTooSmall: return F("larger than the whole outbox");
    case Result::Interrupted: return F("another message was begun before this one was sent");
    case Result::BadNesting: return F("maps and arrays are not closed as they were opened");
    case Result::TooManyChannels: return F("more channels and services than there is room for");
    case Result::TooManyCalls: return F("too many calls wait for their answer");
    case Result::NotBegun: return F("begin() was not called");
    case Result::FileUnderWay: return F("another file is being sent");
    case Result::BadName: return F("no name, or one that is too long");
  }
  return F("unknown");
}

}  // namespace crosscomm
