// Takes files by MQTT, with the library that the test chooses (LINK), and says on Serial whether they came whole, how many bytes
// they have, in how many milliseconds they came, and how many frames were dropped.

#define PUB_SUB_CLIENT 1
#define ARDUINO_MQTT 2
#define ESP_MQTT 3
#define OWN 4

#include <WiFi.h>
#if LINK == PUB_SUB_CLIENT
#include <PubSubClient.h>
#elif LINK == ESP_MQTT
#include <CrossCommEspMqtt.h>
#else
#include <ArduinoMqttClient.h>
#endif
#if LINK == ARDUINO_MQTT
#include <CrossCommArduinoMqtt.h>
#endif
#include <CrossComm.h>
#include <CrossCommMqtt.h>

const char *const GATEWAY = "192.168.1.10";

WiFiClient wifi;

#if LINK == PUB_SUB_CLIENT
PubSubClient mqtt(GATEWAY, 1883, wifi);
CrossCommPubSubClient<> gateway(mqtt, wifi);
void beginLink() { mqtt.setSocketTimeout(3); }

#elif LINK == ARDUINO_MQTT
MqttClient mqtt(wifi);
CrossCommArduinoMqtt<> gateway(mqtt, GATEWAY);
void beginLink() {}

#elif LINK == ESP_MQTT
#ifdef ESP8266
espMqttClient mqtt;
#else
espMqttClient mqtt(espMqttClientTypes::UseInternalTask::NO);
#endif
CrossCommEspMqtt<> gateway(mqtt);
void beginLink() { mqtt.setServer(GATEWAY, 1883); }

#else  // An adapter as the library's page has it: ArduinoMqttClient hands over all that has come in one poll().
MqttClient mqtt(wifi);
void onMqttMessage(int length);
struct OwnLink : crosscomm::MqttLink {
  void connect(const char *clientId, const char *topic, size_t) override {
    mqtt.setId(clientId);
    mqtt.onMessage(onMqttMessage);
    if (mqtt.connect(GATEWAY)) mqtt.subscribe(topic);
  }
  bool loop() override {
    mqtt.poll();
    return mqtt.connected();
  }
  bool publish(const char *topic, const uint8_t *payload, size_t length) override {
    bool isWhole =
        mqtt.beginMessage(topic, (unsigned long)length) && mqtt.write(payload, length) == length && mqtt.endMessage();
    if (!isWhole) wifi.stop();
    return isWhole;
  }
} link;
CrossCommMqtt<> gateway(link);
void onMqttMessage(int length) {
  static uint8_t payload[2048];
  String topic = mqtt.messageTopic();
  mqtt.read(payload, length);
  gateway.take(topic.c_str(), payload, length);
}
void beginLink() {}
#endif

CrossComm<> cc;
unsigned long beganMs = 0;
bool wasOnline = false;

void onFile(CrossCommFile &file) {
  if (file.isOffered()) beganMs = millis();
  if (!file.isOver()) return;
  Serial.print(file.isWhole() ? "whole " : "not whole ");
  Serial.print(file.size);
  Serial.print(" ");
  Serial.print(millis() - beganMs);
  Serial.print(" ");
  Serial.println(gateway.dropped());
}

void setup() {
  Serial.begin(115200);
  WiFi.begin("network", "password");
  beginLink();
  cc.onFile(onFile);
  cc.begin("taker", gateway);
}

void loop() {
  cc.loop();
  if (cc.isOnline() == wasOnline) return;
  wasOnline = cc.isOnline();
  Serial.println(wasOnline ? "online" : "offline");
}
