// Frames by MQTT, with any MQTT library. See README.md.
#pragma once

#include "CrossComm.h"
#include "crosscomm/MqttPubSubClient.h"

/**
 * The link by an MQTT library for which the sketch brings the three functions of an MqttLink. `OneAtATime`: each loop() of it
 * hands over one message at most, and leaves the others in the connection. Files come quicker then.
 */
template <size_t Buffer = CROSSCOMM_MQTT_BUFFER, bool OneAtATime = false>
class CrossCommMqtt : public crosscomm::MqttTransport {
 public:
  explicit CrossCommMqtt(crosscomm::MqttLink &link) : MqttTransport(link, bytes_, Buffer) {}

  bool isHeldBack() const override { return OneAtATime; }

 private:
  uint8_t bytes_[Buffer];
};

class PubSubClient;

/**
 * The link by PubSubClient or PubSubClient3, whose server the sketch has set. It connects, and connects again.
 *
 *     WiFiClient wifi;
 *     PubSubClient mqtt("192.168.1.10", 1883, wifi);
 *     CrossCommPubSubClient<> gateway(mqtt, wifi);
 *     CrossComm<> cc;
 *     String name;
 *     void setup() {
 *       WiFi.begin("network", "password");
 *       name = "esp32-" + WiFi.macAddress();  // no other board has it
 *       cc.begin(name.c_str(), gateway);
 *     }
 *     void loop() { cc.loop(); }
 */
template <size_t Buffer = CROSSCOMM_MQTT_BUFFER, class Library = PubSubClient>
class CrossCommPubSubClient : public CrossCommMqtt<Buffer, true> {
 public:
  /** `client`: the one that the library was given, by which a connection can be ended at once. */
  CrossCommPubSubClient(Library &library, Client &client)
      : CrossCommMqtt<Buffer, true>(link_), link_(library, *this, &client) {}
  /** Without it a message that could only be written in part ends with a DISCONNECT, whose two bytes the broker may take for its rest. */
  explicit CrossCommPubSubClient(Library &library)
      : CrossCommMqtt<Buffer, true>(link_), link_(library, *this, nullptr) {}

  /** Before begin(), where the gateway's MQTT asks for a user and a password. */
  void credentials(const char *user, const char *password) {
    link_.user = user;
    link_.password = password;
  }
  /** For messages of topics that the sketch itself subscribes to: PubSubClient has but one callback, which is taken. */
  void onMqtt(void (*callback)(char *topic, uint8_t *payload, unsigned int length)) { link_.onMqtt = callback; }

 private:
  crosscomm::PubSubClientLink<Library> link_;
};
