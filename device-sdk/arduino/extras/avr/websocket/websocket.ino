// examples/uno-frames over a WebSocket: what that link costs on an AVR.

#include "SerialClient.h"

#include <CrossComm.h>
#include <CrossCommWebSocket.h>

SerialClient modem;
CrossCommWebSocket<> gateway(modem, "192.168.1.10");
CrossComm<> cc;
unsigned long reportedMs = 0;

void onLamp(const CrossCommMessage &message) { digitalWrite(LED_BUILTIN, message.toBool()); }

float readTemperature() {
  float millivolts = analogRead(A0) * 5000.0 / 1024;
  return (millivolts - 500) / 10;
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
  cc.begin("uno-1", gateway);
  cc.on("lamp", onLamp);
  cc.channel("temperature");
}

void loop() {
  cc.loop();
  if (millis() - reportedMs < 1000) return;
  reportedMs = millis();
  cc.send("temperature", readTemperature());
}
