// Frames by MQTT, with espMqttClient. See README.md.
#pragma once

#include <espMqttClient.h>

#include "CrossCommMqtt.h"
#include "crosscomm/MqttEspMqttClient.h"

/**
 * The link by espMqttClient, whose server the sketch has set. It connects, and connects again.
 *
 *     espMqttClient mqtt(espMqttClientTypes::UseInternalTask::NO);  // on an ESP8266 without this
 *     CrossCommEspMqtt<> gateway(mqtt);
 *     CrossComm<> cc;
 *     String name;
 *     void setup() {
 *       WiFi.begin("network", "password");
 *       mqtt.setServer("192.168.1.10", 1883);
 *       name = "esp32-" + WiFi.macAddress();  // no other board has it
 *       cc.begin(name.c_str(), gateway);
 *     }
 *     void loop() { cc.loop(); }
 */
template <size_t Buffer = CROSSCOMM_MQTT_BUFFER, size_t Queue = CROSSCOMM_ESPMQTT_QUEUE, class Library = espMqttClient>
class CrossCommEspMqtt : public CrossCommMqtt<Buffer> {
 public:
  explicit CrossCommEspMqtt(Library &library)
      : CrossCommMqtt<Buffer>(link_), queue_(bytes_, Queue), link_(library, queue_) {}

  /** Before begin(), where the gateway's MQTT asks for a user and a password. */
  void credentials(const char *user, const char *password) {
    link_.user = user;
    link_.password = password;
  }
  /** For messages of topics that the sketch itself subscribes to, in place of the library's onMessage(); in pieces, as there. */
  void onMqtt(typename crosscomm::EspMqttClientLink<Library>::Callback callback) { link_.onMqtt = callback; }
  /** How many frames were dropped, for want of room or of a connection. What must not get lost comes again. */
  uint16_t dropped() const { return static_cast<uint16_t>(CrossCommMqtt<Buffer>::dropped() + link_.refused); }

  void begin(const char *id, uint8_t *buffer, size_t size) override {
    holdsAll_ = Queue >= EMC_RX_BUFFER_SIZE + 2 * size;
    CrossCommMqtt<Buffer>::begin(id, buffer, size);
  }
  bool hasRoomFor(size_t) override { return link_.hasRoom(); }
  size_t receive(const uint8_t *&frame) override {
    const size_t length = queue_.take(frame);
    if (length > 0) this->works();
    return length;
  }
  bool isHeldBack() const override { return holdsAll_; }

 private:
  uint8_t bytes_[Queue];
  crosscomm::FrameQueue queue_;
  crosscomm::EspMqttClientLink<Library> link_;
  bool holdsAll_ = false;
};
