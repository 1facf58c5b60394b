// Finds the gateway in the local network by mDNS, so that its address need not be in the sketch. For ESP32 and ESP8266, with the mDNS of
// their cores. See README.md.
#pragma once

#include <Arduino.h>

#if defined(ESP32)
#include <ESPmDNS.h>
#elif defined(ESP8266)
#include <ESP8266mDNS.h>
#else
#error "CrossComm: only ESP32 and ESP8266 find a gateway by themselves. Write its address in the sketch."
#endif

// An IPv4 address as text, with the zero at the end.
const size_t CROSSCOMM_HOST_ROOM = 16;

// Looks for some seconds; Wi-Fi has to be connected. Returns how many gateways answer. Where it is one, `host` and `port` are its own; of several
// nobody knows which is meant, so they stay as they are. `board`: a name for this board in the local network, of letters, digits and hyphens.
inline int crossCommFind(char (&host)[CROSSCOMM_HOST_ROOM], uint16_t &port, const char *board = "crosscomm-board") {
  if (!MDNS.begin(board)) return 0;
  const int count = static_cast<int>(MDNS.queryService("crosscomm", "tcp"));
  if (count != 1) return count;
#if defined(ESP_ARDUINO_VERSION_MAJOR) && ESP_ARDUINO_VERSION_MAJOR >= 3
  const IPAddress address = MDNS.address(0);
#else
  const IPAddress address = MDNS.IP(0);
#endif
  snprintf(host, sizeof(host), "%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
  port = MDNS.port(0);
  return count;
}
