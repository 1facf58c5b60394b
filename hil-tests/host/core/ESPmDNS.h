#pragma once

#include "Arduino.h"
#include "IPAddress.h"
#include "WiFi.h"

/** The mDNS of an ESP32 as far as gateways are looked for: as many answer as the input MDNS_GATEWAYS says, the first at the address of all sketches. */
class MDNSResponder {
 public:
  static const byte MDNS_GATEWAYS = 33;

  bool begin(const char *hostName) { return hostName[0] != '\0' && WiFi.isConnected(); }
  int queryService(const char *service, const char *protocol) {
    const bool isKnown = strcmp(service, "crosscomm") == 0 && strcmp(protocol, "tcp") == 0;
    return isKnown ? analogRead(MDNS_GATEWAYS) : 0;
  }
  IPAddress IP(int) { return IPAddress(192, 168, 1, 10); }
  uint16_t port(int) { return 9898; }
};

inline MDNSResponder MDNS;
