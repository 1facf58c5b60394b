// The light of esp32-oocsi with the CrossComm library: the same channels, the same messages.
//
// Listens to the channel `light`, and says every second on the channel `light-state` how bright it is.

#include <WiFi.h>
#include <CrossComm.h>
#include <CrossCommWebSocket.h>

// "ESP32 Dev Module" does not say where its LED is. On most such boards it is at pin 2.
#ifndef LED_BUILTIN
#define LED_BUILTIN 2
#endif

const char *const NETWORK = "network";
const char *const PASSWORD = "password";
const char *const GATEWAY = "192.168.1.10";
const unsigned long REPORT_EVERY_MS = 1000;

WiFiClient wifi;
CrossCommWebSocket<> gateway(wifi, GATEWAY);
CrossComm<> cc;
String name;  // "light-3f2a1c"
int brightness = 0;
unsigned long reportedMs = 0;

// A name of the board's own, from the end of its MAC address: a whole class may flash this sketch. After WiFi.begin().
String ownName(const String &kind) {
  String mac = WiFi.macAddress();  // 24:0A:C4:3F:2A:1C
  mac.replace(":", "");
  mac.toLowerCase();
  return kind + "-" + mac.substring(6);
}

void onLight(const CrossCommMessage &message) {
  if (message["brightness"].exists()) brightness = message["brightness"];
  digitalWrite(LED_BUILTIN, brightness > 50);
  Serial.println("from " + message.from);
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
  WiFi.begin(NETWORK, PASSWORD);
  name = ownName("light");
  Serial.println("I am " + name);
  cc.begin(name.c_str(), gateway);
  cc.on("light", onLight);
}

void loop() {
  cc.loop();
  if (millis() - reportedMs < REPORT_EVERY_MS) return;
  reportedMs = millis();
  cc.message("light-state").field("brightness", brightness).field("mode", brightness > 50 ? "bright" : "dim").send();
}
