// A thermometer and a lamp that connect to the gateway over Wi-Fi, by MQTT with PubSubClient3 and the CrossComm
// library.
//
// Says the temperature every second to the channel `lab/room4`, and listens to the channel `lamp`. Readings wait
// while the gateway or the Wi-Fi is away, and none arrives twice.

#include <WiFi.h>
#include <PubSubClient.h>  // of PubSubClient3: the header and the class have the same names
#include <CrossComm.h>
#include <CrossCommMqtt.h>

// "ESP32 Dev Module" does not say where its LED is. On most such boards it is at pin 2.
#ifndef LED_BUILTIN
#define LED_BUILTIN 2
#endif

const char *const NETWORK = "network";
const char *const PASSWORD = "password";
const char *const GATEWAY = "192.168.1.10";
const byte THERMOMETER_PIN = 34;  // a TMP36
const unsigned long REPORT_EVERY_MS = 1000;

WiFiClient wifi;
PubSubClient mqtt(GATEWAY, 1883, wifi);
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
  float millivolts = analogRead(THERMOMETER_PIN) * 3300.0 / 4095;
  return (millivolts - 500) / 10;
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
  WiFi.begin(NETWORK, PASSWORD);
  name = ownName("esp32");
  Serial.println("I am " + name);
  mqtt.setSocketTimeout(3);
  cc.begin(name.c_str(), gateway);
  cc.on("lamp", onLamp);
  cc.channel("lab/room4");
}

void loop() {
  cc.loop();
  if (millis() - reportedMs < REPORT_EVERY_MS) return;
  reportedMs = millis();
  CrossCommResult result = cc.message("lab/room4").field("temperature", readTemperature()).deliver();
  if (result != CrossCommResult::Ok) Serial.println(crosscomm::toText(result));
}
