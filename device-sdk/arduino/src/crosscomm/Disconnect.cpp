#include "Disconnect.h"

namespace crosscomm {

const FlashText *toText(DisconnectReason reason) {
  switch (reason) {
    case DisconnectReason::LinkLost: return F("connection lost");
    case DisconnectReason::NoAnswer: return F("no answer from the gateway");
    case DisconnectReason::GatewayStopped: return F("the gateway stops");
    case DisconnectReason::SessionEnded: return F("the gateway ended the session");
    case DisconnectReason::SessionLost: return F("the gateway does not know the session");
    case DisconnectReason::TakenOver: return F("another connection has this id");
    case DisconnectReason::NotHeard: return F("the gateway heard nothing for too long");
    case DisconnectReason::TooManyFaults: return F("too much that the gateway cannot take");
    case DisconnectReason::Refused: return F("refused by the gateway");
    case DisconnectReason::Ended: return F("ended by the sketch");
  }
  return F("unknown");
}

}  // namespace crosscomm
