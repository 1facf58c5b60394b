// A thermometer and a lamp on the gateway by plain MQTT and JSON, with no library of the gateway's.
//
// Publishes {"temperature":21.5} every second to the topic `lab/room3`, and subscribes to the topic `lamp`: {"on":
// true}, `true` or `1` switch the LED on, anything else off.

#include <WiFi.h>
#include <PubSubClient.h>

// "ESP32 Dev Module" does not say where its LED is. On most such boards it is at pin 2.
#ifndef LED_BUILTIN
#define LED_BUILTIN 2
#endif

const char *const NETWORK = "network";
const char *const PASSWORD = "password";
const char *const GATEWAY = "192.168.1.10";
const byte THERMOMETER_PIN = 34;  // a TMP36
const unsigned long REPORT_EVERY_MS = 1000;
const unsigned long RECONNECT_EVERY_MS = 2000;

WiFiClient wifi;
PubSubClient mqtt(GATEWAY, 1883, wifi);
String name;  // "esp32-3f2a1c"
unsigned long reportedMs = 0;
unsigned long triedMs = 0;

// A name of the board's own, from the end of its MAC address: a whole class may flash this sketch. After WiFi.begin().
String ownName(const String &kind) {
  String mac = WiFi.macAddress();  // 24:0A:C4:3F:2A:1C
  mac.replace(":", "");
  mac.toLowerCase();
  return kind + "-" + mac.substring(6);
}

bool isOn(const String &text) { return text == "1" || text == "true" || text.indexOf("\"on\":true") >= 0; }

void onMessage(char *topic, byte *payload, unsigned int length) {
  // The payload has no 0 at its end, and JSON may have blanks anywhere.
  String text;
  for (unsigned int i = 0; i < length; i++) {
    if (payload[i] != ' ') text += (char)payload[i];
  }
  if (strcmp(topic, "lamp") == 0) digitalWrite(LED_BUILTIN, isOn(text));
}

float readTemperature() {
  float millivolts = analogRead(THERMOMETER_PIN) * 3300.0 / 4095;
  return (millivolts - 500) / 10;
}

// Subscriptions end with the connection, so they are made again.
void reconnect() {
  if (millis() - triedMs < RECONNECT_EVERY_MS) return;
  triedMs = millis();
  if (mqtt.connect(name.c_str()) && !mqtt.subscribe("lamp")) wifi.stop();
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
  WiFi.begin(NETWORK, PASSWORD);
  name = ownName("esp32");
  Serial.println("I am " + name);
  mqtt.setSocketTimeout(3);
  mqtt.setCallback(onMessage);
}

void loop() {
  if (!mqtt.loop()) reconnect();
  if (millis() - reportedMs < REPORT_EVERY_MS) return;
  reportedMs = millis();
  String json = "{\"temperature\":" + String(readTemperature(), 1) + "}";
  // Where it was not sent, a part of it may have been: the gateway would take what comes next for the rest.
  if (!mqtt.publish("lab/room3", json.c_str())) wifi.stop();
}
