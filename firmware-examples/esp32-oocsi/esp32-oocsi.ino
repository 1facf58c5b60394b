// A light that is dimmed over OOCSI, with the OOCSI library for ESP boards: it works with the gateway as it is.
//
// Listens to the channel `light`, and says every second on the channel `light-state` how bright it is.

// "ESP32 Dev Module" does not say where its LED is. On most such boards it is at pin 2. Before OOCSI.h, which would say -1.
#ifndef LED_BUILTIN
#define LED_BUILTIN 2
#endif

#include <OOCSI.h>

const char *const NETWORK = "network";
const char *const PASSWORD = "password";
const char *const GATEWAY = "192.168.1.10";
const unsigned long REPORT_EVERY_MS = 1000;

OOCSI oocsi = OOCSI();
String name;  // "light-3f2a1c"
int brightness = 0;
unsigned long reportedMs = 0;

// A name of the board's own, from the end of its MAC address: a whole class may flash this sketch. After WiFi.mode().
String ownName(const String &kind) {
  String mac = WiFi.macAddress();  // 24:0A:C4:3F:2A:1C
  mac.replace(":", "");
  mac.toLowerCase();
  return kind + "-" + mac.substring(6);
}

void processOOCSI() {
  brightness = oocsi.getInt("brightness", brightness);
  digitalWrite(LED_BUILTIN, brightness > 50);
  Serial.println("from " + oocsi.getSender());
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
  WiFi.mode(WIFI_STA);
  name = ownName("light");
  oocsi.connect(name.c_str(), GATEWAY, NETWORK, PASSWORD, processOOCSI);
  oocsi.subscribe("light");
}

void loop() {
  oocsi.check();
  if (millis() - reportedMs < REPORT_EVERY_MS) return;
  reportedMs = millis();
  oocsi.newMessage("light-state");
  oocsi.addInt("brightness", brightness);
  oocsi.addString("mode", brightness > 50 ? "bright" : "dim");
  oocsi.sendMessage();
}
