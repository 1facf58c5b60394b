// Shows with its LED whether it is connected to the gateway, and tells afterwards why it was not.
//
// The LED is on while the board is connected. When it is connected again, it says on the channel `connection` what had
// happened.

#include <CrossComm.h>

CrossComm<> cc;

void onConnect() { digitalWrite(LED_BUILTIN, HIGH); }

void onDisconnect(const CrossCommDisconnect &disconnect) {
  digitalWrite(LED_BUILTIN, LOW);
  // For whoever reads the port now: the gateway, which shows it with --log-level debug, or a serial monitor.
  Serial.println(crosscomm::toText(disconnect.reason));
  if (disconnect.reason == CrossCommReason::Refused) Serial.println(disconnect.code);
  // Kept until the board is connected again.
  cc.deliver("connection", crosscomm::toText(disconnect.reason));
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
  cc.onConnect(onConnect);
  cc.onDisconnect(onDisconnect);
  cc.begin("uno-1", Serial);
}

void loop() { cc.loop(); }
