// A thermometer and a lamp that connect to the gateway over Wi-Fi, by MQTT and the CrossComm library: an ESP32 or an ESP8266.
//
// Says the temperature every second to the channel `lab/room2`, and listens to the channel `lamp`. Readings wait
// while the gateway or the Wi-Fi is away, and none arrives twice.

#ifdef ESP8266
#include <ESP8266WiFi.h>
#else
#include <WiFi.h>
#endif
#include <PubSubClient.h>
#include <CrossComm.h>
#include <CrossCommMqtt.h>

// With gateway_ca.h beside this sketch, all is encrypted, and the board talks to this gateway only. The gateway makes that
// file: crosscomm tls export --arduino -o gateway_ca.h
#if __has_include("gateway_ca.h")
#include <WiFiClientSecure.h>
#include "gateway_ca.h"
#define SECURED 1
#else
#define SECURED 0
#endif

// "ESP32 Dev Module" does not say where its LED is. On most such boards it is at pin 2.
#ifndef LED_BUILTIN
#define LED_BUILTIN 2
#endif

const char *const NETWORK = "network";
const char *const PASSWORD = "password";
const char *const GATEWAY = "192.168.1.10";
#ifdef ESP8266
const char *const KIND = "esp8266";
const byte THERMOMETER_PIN = A0;  // a TMP36
const float MOST_MILLIVOLTS = 3300;  // of a NodeMCU or a D1 mini; of the bare chip, 1000
const int MOST_READ = 1023;
#else
const char *const KIND = "esp32";
const byte THERMOMETER_PIN = 34;  // a TMP36
const float MOST_MILLIVOLTS = 3300;
const int MOST_READ = 4095;
#endif
const unsigned long REPORT_EVERY_MS = 1000;

#if SECURED
#ifdef ESP8266
BearSSL::X509List authority(CROSSCOMM_CA);
BearSSL::Session session;  // a second handshake is short
#endif
WiFiClientSecure wifi;
#else
WiFiClient wifi;
#endif
PubSubClient mqtt(GATEWAY, SECURED ? 8883 : 1883, wifi);
CrossCommPubSubClient<> gateway(mqtt, wifi);
CrossComm<> cc;
String name;  // "esp32-3f2a1c"
unsigned long reportedMs = 0;

// A name of the board's own, from the end of its MAC address: a whole class may flash this sketch. After WiFi.begin().
String ownName(const String &kind) {
  String mac = WiFi.macAddress();  // 24:0A:C4:3F:2A:1C
  mac.replace(":", "");
  mac.toLowerCase();
  return kind + "-" + mac.substring(6);
}

void onLamp(const CrossCommMessage &message) {
  digitalWrite(LED_BUILTIN, message["on"] || message.toBool());  // {"on": true}, true or 1
}

float readTemperature() {
  float millivolts = analogRead(THERMOMETER_PIN) * MOST_MILLIVOLTS / MOST_READ;
  return (millivolts - 500) / 10;
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
#if SECURED && defined(ESP8266)
  wifi.setTrustAnchors(&authority);
  wifi.setSession(&session);
#elif SECURED
  wifi.setCACert(CROSSCOMM_CA);
#endif
  WiFi.begin(NETWORK, PASSWORD);
  name = ownName(KIND);
  Serial.println("I am " + name);
  mqtt.setSocketTimeout(3);
  cc.begin(name.c_str(), gateway);
  cc.on("lamp", onLamp);
  cc.channel("lab/room2");
}

void loop() {
  cc.loop();
  if (millis() - reportedMs < REPORT_EVERY_MS) return;
  reportedMs = millis();
  CrossCommResult result = cc.message("lab/room2").field("temperature", readTemperature()).deliver();
  if (result != CrossCommResult::Ok) Serial.println(crosscomm::toText(result));
}
