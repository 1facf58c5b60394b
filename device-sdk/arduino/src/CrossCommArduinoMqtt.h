// Frames by MQTT, with ArduinoMqttClient. See README.md.
#pragma once

#include "CrossCommMqtt.h"
#include "crosscomm/MqttArduinoMqttClient.h"

class MqttClient;

/**
 * The link by ArduinoMqttClient. It connects, and connects again.
 *
 *     WiFiClient wifi;
 *     MqttClient mqtt(wifi);
 *     CrossCommArduinoMqtt<> gateway(mqtt, "192.168.1.10");
 *     CrossComm<> cc;
 *     String name;
 *     void setup() {
 *       WiFi.begin("network", "password");
 *       name = "board-" + WiFi.macAddress();  // of an ESP32; no other board may have it
 *       cc.begin(name.c_str(), gateway);
 *     }
 *     void loop() { cc.loop(); }
 */
template <size_t Buffer = CROSSCOMM_MQTT_BUFFER, class Library = MqttClient>
class CrossCommArduinoMqtt : public CrossCommMqtt<Buffer, true> {
 public:
  explicit CrossCommArduinoMqtt(Library &library, const char *host, uint16_t port = 1883)
      : CrossCommMqtt<Buffer, true>(link_), link_(library, *this, host, port) {}

  /** Before begin(), where the gateway's MQTT asks for a user and a password. */
  void credentials(const char *user, const char *password) {
    link_.user = user;
    link_.password = password;
  }
  /** For messages of topics that the sketch itself subscribes to, in place of the library's onMessage(). */
  void onMqtt(void (*callback)(int length)) { link_.onMqtt = callback; }

 private:
  crosscomm::ArduinoMqttClientLink<Library> link_;
};
