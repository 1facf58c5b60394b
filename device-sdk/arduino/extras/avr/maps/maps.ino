// examples/uno-frames, but with a map of two numbers: to measure what the message builder costs.

#include <CrossComm.h>

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
  cc.begin("uno-1", Serial);
  cc.on("lamp", onLamp);
  cc.channel("temperature");
}

void loop() {
  cc.loop();
  if (millis() - reportedMs < 1000) return;
  reportedMs = millis();
  cc.message("temperature").field("celsius", readTemperature()).field("lamp", digitalRead(LED_BUILTIN)).send();
}
