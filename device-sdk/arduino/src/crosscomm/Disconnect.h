#pragma once

#include "Platform.h"

namespace crosscomm {

/** Why a device is not connected any more. */
enum class DisconnectReason : uint8_t {
  /** The network connection, or that to the MQTT broker, is gone. A serial line cannot tell: there it is NoAnswer. */
  LinkLost,
  /** Nothing came from the gateway for 30 s, or eight times no acknowledgement of what was sent. */
  NoAnswer,
  /** The gateway says that it stops. */
  GatewayStopped,
  /** The gateway has ended the session. */
  SessionEnded,
  /** The gateway does not know the session, as it was started again, or the two do not agree on it. */
  SessionLost,
  /** Another connection has taken the device's id. */
  TakenOver,
  /** The gateway has heard nothing of the device for too long. */
  NotHeard,
  /** The gateway got too much that it cannot read, or that the device may not do. */
  TooManyFaults,
  /** The gateway does not take the device: its code says why. */
  Refused,
  /** By the sketch: end(), or begin() with another link. */
  Ended,
};

/** The reason as a short text in flash, for Serial.println. */
const FlashText *toText(DisconnectReason reason);

/** How a connection ended. */
struct Disconnect {
  DisconnectReason reason;
  /** The Code of the gateway's Error, with Refused and with SessionLost; Code::Ok where there was none. */
  uint16_t code;
};

}  // namespace crosscomm
