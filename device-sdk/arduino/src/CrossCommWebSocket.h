// A WebSocket to the gateway, over Wi-Fi or Ethernet. See README.md.
#pragma once

#include "CrossComm.h"
#include "crosscomm/WebSocketTransport.h"

/**
 * The link of a board that has a network. The sketch joins the network; this does the rest, also again and again.
 *
 *     WiFiClient wifi;
 *     CrossCommWebSocket<> gateway(wifi, "192.168.1.10");
 *     CrossComm<> cc;
 *     String name;
 *     void setup() {
 *       WiFi.begin("network", "password");
 *       name = "esp32-" + WiFi.macAddress();  // no other board has it
 *       cc.begin(name.c_str(), gateway);
 *     }
 *     void loop() { cc.loop(); }
 *
 * Buffer is how many bytes may wait for the network. A message that is larger goes out too, but in pieces.
 */
template <size_t Buffer = CROSSCOMM_WEBSOCKET_BUFFER>
class CrossCommWebSocket : public crosscomm::WebSocketTransport {
  static_assert(Buffer >= 32, "A WebSocket needs a buffer of 32 bytes.");

 public:
  CrossCommWebSocket(Client &client, crosscomm::KeptName host, uint16_t port = 9898)
      : WebSocketTransport(client, host.text(), port, bytes_, Buffer) {}

 private:
  uint8_t bytes_[Buffer];
};
