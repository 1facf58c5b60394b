// examples/uno-frames, which also tells what it has, so that Home Assistant shows it: to measure what that costs.

#include <CrossComm.h>

const byte SENSOR_PIN = A0;
// A TMP36 gives 500 mV at 0 degrees and 10 mV more for each degree. For an LM35, which gives 0 mV there, write 0.
const float MILLIVOLTS_AT_ZERO = 500;
const float SUPPLY_MILLIVOLTS = 5000;
const unsigned long REPORT_EVERY_MS = 1000;

CrossComm<> cc;
unsigned long reportedMs = 0;

void onLamp(const CrossCommMessage &message) { digitalWrite(LED_BUILTIN, message["state"]); }

float readTemperature() {
  float millivolts = analogRead(SENSOR_PIN) * SUPPLY_MILLIVOLTS / 1024;
  return (millivolts - MILLIVOLTS_AT_ZERO) / 10;
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
  cc.begin("uno-1", Serial);
  cc.on("lamp", onLamp);
  cc.channel("temperature");
  cc.describe(
      F(R"({"name": "Desk", "area": "Lab", "components": [)"
        R"({"name": "lamp", "type": "switch", "channel": "lamp"},)"
        R"({"name": "warmth", "type": "sensor", "channel": "temperature", "class": "temperature", "unit": "°C"}]})"));
}

void loop() {
  cc.loop();
  if (millis() - reportedMs < REPORT_EVERY_MS) return;
  reportedMs = millis();
  cc.send("temperature", readTemperature());
}
