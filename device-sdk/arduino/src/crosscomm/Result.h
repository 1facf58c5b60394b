#pragma once

#include "Platform.h"

namespace crosscomm {

/** What became of something. The decoder's are named in section 14 of the protocol. */
enum class Result : uint8_t {
  Ok,
  // The decoder's.
  TooLarge,
  NotAFrame,
  Truncated,
  Trailing,
  Unsupported,
  TooDeep,
  BadKey,
  BadField,
  // The sketch's.
  Offline,
  OutboxFull,
  OutboxTooSmall,
  Interrupted,
  BadNesting,
  TooManyChannels,
  TooManyCalls,
  NotBegun,
  FileUnderWay,
  BadName,
};

/** The result as a short text in flash, for Serial.println. */
const FlashText *toText(Result result);

/** The codes of the protocol's section 9, in Error, Reply and Receipt. */
namespace Code {
const uint16_t Ok = 0, Version = 1, Malformed = 2, TooLarge = 3, IdInvalid = 4, IdTaken = 5, Credentials = 6,
               NotAllowed = 7, NotWelcomeYet = 8, UnknownAlias = 9, UnknownKey = 10, TooMany = 11, WindowExceeded = 12,
               SequenceGap = 13, NameInvalid = 14, TooFast = 15, NotSupported = 16, Internal = 17, NoRecipient = 18,
               QueueFull = 19, NoFunction = 20, Timeout = 21, CallFailed = 22, Offline = 23, NoFile = 24,
               WrongContent = 25, Cancelled = 26, StorageFull = 27, NotAnImage = 28;
}

/** Why one side says Goodbye: the protocol's section 9. */
namespace GoodbyeReason {
const uint8_t Leaving = 0, Sleeping = 1, TakenOver = 2, Stopping = 3, Silent = 4, TooManyFaults = 5;
}

}  // namespace crosscomm
