// Counts, at least once each, over a link that the test chooses while it runs. It says on Serial when it comes online
// and goes offline, how many messages wait, and when it has stopped and the gateway has them all; a message to its
// own name lights the LED.

#include <PubSubClient.h>
#include <WiFi.h>

#include <CrossComm.h>
#include <CrossCommMqtt.h>
#include <CrossCommWebSocket.h>

#ifndef LED_BUILTIN
#define LED_BUILTIN 2
#endif

const byte LINK_SWITCH = 32;  // 0 none yet, 1 serial, 2 WebSocket, 3 MQTT
const byte COUNT_SWITCH = 4;
const unsigned long COUNT_EVERY_MS = 10;

WiFiClient wifi;
WiFiClient mqttWifi;
PubSubClient mqtt("192.168.1.10", 1883, mqttWifi);
CrossCommWebSocket<> webSocket(wifi, "192.168.1.10");
CrossCommPubSubClient<> mqttLink(mqtt);
CrossComm<> cc;

int chosen = 0;
long count = 0;
bool wasOnline = false;
bool wasCounting = false;
unsigned int saidWaiting = 0;
unsigned long countedMs = 0;

void onMessage(const CrossCommMessage &message) { digitalWrite(LED_BUILTIN, message["on"].toBool()); }

void useLink(int link) {
  chosen = link;
  if (link == 1) cc.begin("counter", Serial);
  if (link == 2) cc.begin("counter", webSocket);
  if (link == 3) cc.begin("counter", mqttLink);
}

// Serial carries frames as well, and text beside them.
void say(const String &text) { Serial.println(text); }

void setup() {
  Serial.begin(115200);
  WiFi.begin("network", "password");
  mqtt.setSocketTimeout(3);
  cc.onMessage(onMessage);
}

void loop() {
  int link = analogRead(LINK_SWITCH);
  if (link != chosen) useLink(link);
  cc.loop();
  if (cc.isOnline() != wasOnline) {
    wasOnline = cc.isOnline();
    say(wasOnline ? "online" : "offline");
  }
  if (!digitalRead(COUNT_SWITCH)) {
    if (wasCounting && cc.undelivered() == 0) {
      wasCounting = false;
      say("delivered " + String(count));
    }
    return;
  }
  if (millis() - countedMs < COUNT_EVERY_MS) return;
  countedMs = millis();
  wasCounting = true;
  if (cc.message("count").field("n", count + 1).deliver() == CrossCommResult::Ok) count++;
  unsigned int waiting = cc.undelivered() / 50 * 50;
  if (waiting != saidWaiting) say("waiting " + String(waiting));
  saidWaiting = waiting;
}
