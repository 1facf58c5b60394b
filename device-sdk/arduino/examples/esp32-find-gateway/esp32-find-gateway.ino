// A button that finds the gateway by itself, over Wi-Fi: no address in the sketch.
//
// Says to the channel `door` when the button of the board is pressed or released.

#include <WiFi.h>
#include <CrossComm.h>
#include <CrossCommDiscovery.h>
#include <CrossCommWebSocket.h>

const char *const NETWORK = "network";
const char *const PASSWORD = "password";
const byte BUTTON_PIN = 0;  // BOOT, on most boards

WiFiClient wifi;
CrossComm<> cc;
String name;  // "esp32-3f2a1c"
int pressed = -1;
char host[CROSSCOMM_HOST_ROOM];
uint16_t port;

// A name of the board's own, from the end of its MAC address: a whole class may flash this sketch. After WiFi.begin().
String ownName(const String &kind) {
  String mac = WiFi.macAddress();  // 24:0A:C4:3F:2A:1C
  mac.replace(":", "");
  mac.toLowerCase();
  return kind + "-" + mac.substring(6);
}

// Until there is one gateway in this network.
void find() {
  for (;;) {
    const int found = WiFi.status() == WL_CONNECTED ? crossCommFind(host, port, name.c_str()) : 0;
    if (found == 1) return;
    if (found > 1) Serial.println("There are several gateways here: write the address of one into the sketch.");
    delay(1000);
  }
}

void setup() {
  pinMode(BUTTON_PIN, INPUT_PULLUP);
  Serial.begin(115200);
  WiFi.begin(NETWORK, PASSWORD);
  name = ownName("esp32");
  find();
  Serial.println("The gateway is at " + String(host) + ":" + String(port));
  static CrossCommWebSocket<> gateway(wifi, host, port);
  cc.begin(name.c_str(), gateway);
}

void loop() {
  cc.loop();
  const int now = digitalRead(BUTTON_PIN) == LOW;
  if (now == pressed || !cc.isOnline()) return;
  pressed = now;
  cc.message("door").field("pressed", now).send();
}
