// Says on Serial when it is connected and when it is not, and why, over a link that the test chooses.

#include <PubSubClient.h>
#include <WiFi.h>

#include <CrossComm.h>
#include <CrossCommMqtt.h>
#include <CrossCommWebSocket.h>

const byte LINK_SWITCH = 32;  // 0 none yet, 2 WebSocket, 3 MQTT; 9 ends it

WiFiClient wifi;
WiFiClient mqttWifi;
PubSubClient mqtt("192.168.1.10", 1883, mqttWifi);
CrossCommWebSocket<> webSocket(wifi, "192.168.1.10");
CrossCommPubSubClient<> mqttLink(mqtt);
CrossComm<> cc;
int chosen = 0;

void useLink(int link) {
  chosen = link;
  if (link == 2) cc.begin("door", webSocket);
  if (link == 3) cc.begin("door", mqttLink);
  if (link == 9) cc.end();
}

void setup() {
  Serial.begin(115200);
  WiFi.begin("network", "password");
  mqtt.setSocketTimeout(3);
  cc.onConnect([]() { Serial.println("connected"); });
  cc.onDisconnect([](const CrossCommDisconnect &disconnect) {
    Serial.print(crosscomm::toText(disconnect.reason));
    Serial.println(" " + String(disconnect.code));
  });
}

void loop() {
  int link = analogRead(LINK_SWITCH);
  if (link != chosen) useLink(link);
  cc.loop();
}
