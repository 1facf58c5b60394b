// A lamp with a token of its own: the gateway gives it one over the cable, and it keeps it in its EEPROM.
//
// Listens to the channel `lamp`. The LED shows what came last.

#include <CrossComm.h>
#include <CrossCommToken.h>

CrossComm<> cc;

void onLamp(const CrossCommMessage &message) { digitalWrite(LED_BUILTIN, message.toBool()); }

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
  cc.pair(CrossCommToken::load, CrossCommToken::store);
  cc.begin("uno-1", Serial);
  cc.on("lamp", onLamp);
}

void loop() { cc.loop(); }
