// Sends two numbers by a shape, and acts on one: to measure what that costs.

#include <CrossComm.h>

CrossComm<> cc;
CrossCommShape reading("lab/room1");
unsigned long reportedMs = 0;

void onLamp(const CrossCommMessage &message) { digitalWrite(LED_BUILTIN, message.toInt() > 20); }

float readTemperature() {
  float millivolts = analogRead(A0) * 5000.0 / 1024;
  return (millivolts - 500) / 10;
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
  cc.begin("uno-1", Serial);
  cc.on("lamp", onLamp);
  cc.shape(reading, F("temperature,humidity"));
}

void loop() {
  cc.loop();
  if (millis() - reportedMs < 1000) return;
  reportedMs = millis();
  reading.send(readTemperature(), 43);
}
