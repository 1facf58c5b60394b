// examples/uno-frames by MQTT, without the library for it: what that link costs on an AVR.

#include <CrossComm.h>
#include <CrossCommMqtt.h>

struct NoLibrary : crosscomm::MqttLink {
  void connect(const char *clientId, const char *, size_t) override { Serial.print(clientId); }
  bool loop() override { return Serial.available() > 0; }
  bool publish(const char *, const uint8_t *payload, size_t length) override {
    return Serial.write(payload, length) == length;
  }
} library;
CrossCommMqtt<> gateway(library);
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
  if (Serial.available() > 1) gateway.take("x", nullptr, 0);
  if (millis() - reportedMs < 1000) return;
  reportedMs = millis();
  cc.send("temperature", readTemperature());
}
