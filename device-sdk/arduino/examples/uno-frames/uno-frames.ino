// A thermometer and a lamp that connect to the gateway over a USB cable, by the CrossComm library.
//
// Says the temperature every second to the channel `temperature`, and listens to the channel `lamp`.

#include <CrossComm.h>

const byte SENSOR_PIN = A0;
// A TMP36 gives 500 mV at 0 degrees and 10 mV more for each degree. For an LM35, which gives 0 mV there, write 0.
const float MILLIVOLTS_AT_ZERO = 500;
const float SUPPLY_MILLIVOLTS = 5000;
const unsigned long REPORT_EVERY_MS = 1000;

CrossComm<> cc;
unsigned long reportedMs = 0;

void onLamp(const CrossCommMessage &message) { digitalWrite(LED_BUILTIN, message.toBool()); }

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
}

void loop() {
  cc.loop();
  if (millis() - reportedMs < REPORT_EVERY_MS) return;
  reportedMs = millis();
  cc.send("temperature", readTemperature());
}
