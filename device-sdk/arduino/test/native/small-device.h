// A small device and its gateway, and what its handlers have seen.
#pragma once

#include "gateway.h"

using namespace crosscomm;

namespace {

std::string seen;

inline void remember(const CrossCommMessage &message) {
  char from[32];
  message.from.copyText(from, sizeof from);
  const std::string channel = message.channel == nullptr ? "-" : message.channel;
  seen += channel + "=" + std::to_string(message.toInt()) + "<" + from + ";";
}

inline void rememberError(const CrossCommError &error) { seen += "error " + std::to_string(error.code) + ";"; }

/** A device with the id `d` and the boot id 7, and its gateway; small enough that limits are met. */
struct Pair {
  Pair() : gateway(device) {
    seen.clear();
    device.bootId(7);
    device.onError(rememberError);
    device.begin("d", gateway.line);
  }
  /** Online, in session 9. */
  void meet(uint8_t lastSeq = 0) {
    CHECK_TEXT(gateway.exchange(), "8800016164071860f60083010000", "hello");
    gateway.exchange(Gateway::welcome(9, lastSeq, false));
    CHECK(device.isOnline());
  }
  CrossComm<96, 64, 3> device;
  Gateway gateway;
};

}  // namespace
