// A display that shows the images of the channel `door`. The gateway scales and converts them, so that the sketch needs
// no decoder, and memory for one row.

#include <WiFi.h>
#include <HTTPClient.h>
#include <PubSubClient.h>
#include <TFT_eSPI.h>

const char *const NETWORK = "network";
const char *const PASSWORD = "password";
const char *const GATEWAY = "192.168.1.10";
const int WIDTH = 240;
const int HEIGHT = 240;
const int ROW_BYTES = WIDTH * 2;
const unsigned long RECONNECT_EVERY_MS = 2000;

WiFiClient wifi;
WiFiClient download;
PubSubClient mqtt(GATEWAY, 1883, wifi);
TFT_eSPI tft;
String name;  // "display-3f2a1c"
String address;  // of the image that is to be shown
unsigned long triedMs = 0;

// A name of the board's own, from the end of its MAC address: a whole class may flash this sketch. After WiFi.begin().
String ownName(const String &kind) {
  String mac = WiFi.macAddress();  // 24:0A:C4:3F:2A:1C
  mac.replace(":", "");
  mac.toLowerCase();
  return kind + "-" + mac.substring(6);
}

// The text that a field has in JSON as the gateway writes it, without blanks.
String textOf(const String &json, const String &field) {
  String start = "\"" + field + "\":\"";
  int at = json.indexOf(start);
  if (at < 0) return "";
  at += start.length();
  return json.substring(at, json.indexOf('"', at));
}

void onMessage(char *, byte *payload, unsigned int length) {
  String json;
  json.reserve(length);
  for (unsigned int i = 0; i < length; i++) json += (char)payload[i];
  if (textOf(json, "kind") == "image") address = textOf(json, "url");
}

bool show(const String &url) {
  HTTPClient http;
  if (!http.begin(download, url + "&width=240&height=240&fit=cover&format=rgb565")) return false;
  bool isWhole = http.GET() == HTTP_CODE_OK && http.getSize() == ROW_BYTES * HEIGHT;
  uint16_t row[WIDTH];
  for (int y = 0; isWhole && y < HEIGHT; y++) {
    isWhole = download.readBytes((uint8_t *)row, ROW_BYTES) == ROW_BYTES;
    if (isWhole) tft.pushImage(0, y, WIDTH, 1, row);
  }
  http.end();
  return isWhole;
}

void reconnect() {
  if (millis() - triedMs < RECONNECT_EVERY_MS) return;
  triedMs = millis();
  if (mqtt.connect(name.c_str()) && !mqtt.subscribe("door")) wifi.stop();
}

void setup() {
  Serial.begin(115200);
  tft.init();
  tft.setSwapBytes(true);  // pixels come with the low byte first
  tft.fillScreen(TFT_BLACK);
  WiFi.begin(NETWORK, PASSWORD);
  name = ownName("display");
  Serial.println("I am " + name);
  mqtt.setSocketTimeout(3);
  mqtt.setBufferSize(1024);  // an address takes more than the 256 bytes that it has by default
  mqtt.setCallback(onMessage);
}

void loop() {
  if (!mqtt.loop()) reconnect();
  if (address == "") return;
  String url = address;
  address = "";
  Serial.println(show(url) ? "shown" : "not shown");
}
