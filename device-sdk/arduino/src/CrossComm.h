// CrossComm for Arduino: a device in the conversation of a CrossComm gateway. See README.md.
#pragma once

#include "crosscomm/Core.h"

/**
 * A client of the gateway. All memory it ever takes is in it: MaxFrame is the largest frame that it receives, in bytes
 * (48 at least; a map of a few numbers has about 40), Outbox the room for messages that the gateway does not have yet,
 * MaxChannels how many channels and services can be named.
 *
 *     CrossComm<> cc;
 *     void onLamp(const CrossCommMessage &message) { digitalWrite(LED_BUILTIN, message.toBool()); }
 *     void setup() { Serial.begin(115200); cc.begin("uno-1", Serial); cc.on("lamp", onLamp); }
 *     void loop() { cc.loop(); ... cc.send("temperature", 21.5); }
 */
template <size_t MaxFrame = CROSSCOMM_MAX_FRAME, size_t Outbox = CROSSCOMM_OUTBOX,
          uint8_t MaxChannels = CROSSCOMM_MAX_CHANNELS>
class CrossComm : public crosscomm::Core {
  static_assert(MaxFrame >= 48, "The gateway's Welcome needs a MaxFrame of 48.");
  static_assert(Outbox >= 16, "An Outbox below 16 bytes holds no message.");
  static_assert(Outbox <= 65535, "An Outbox of more than 65,535 bytes is not supported.");

 public:
  CrossComm() : Core(receiveBytes_, MaxFrame, outboxBytes_, Outbox, entryTable_, MaxChannels) {}

 private:
  uint8_t receiveBytes_[MaxFrame + 2];
  uint8_t outboxBytes_[Outbox];
  crosscomm::Entry entryTable_[MaxChannels];
};

typedef crosscomm::Message CrossCommMessage;
typedef crosscomm::Value CrossCommValue;
typedef crosscomm::Call CrossCommCall;
typedef crosscomm::Reply CrossCommReply;
typedef crosscomm::Error CrossCommError;
typedef crosscomm::Clients CrossCommClients;
typedef crosscomm::Upload CrossCommUpload;
typedef crosscomm::FileKind CrossCommFileKind;
typedef crosscomm::Builder CrossCommBuilder;
typedef crosscomm::Result CrossCommResult;
