// A display that shows the images of the channel `door`, by a WebSocket and the CrossComm library. The gateway scales and
// converts them, so that the sketch needs no decoder, and memory for a few rows.

#include <WiFi.h>
#include <CrossComm.h>
#include <CrossCommWebSocket.h>
#include <TFT_eSPI.h>

const char *const NETWORK = "network";
const char *const PASSWORD = "password";
const char *const GATEWAY = "192.168.1.10";
const int WIDTH = 240;
const int HEIGHT = 240;
const size_t ROW_BYTES = WIDTH * 2;

WiFiClient wifi;
CrossCommWebSocket<> gateway(wifi, GATEWAY);
CrossComm<4096> cc;  // the more it receives at once, the sooner a picture is there: eight rows
String name;  // "display-3f2a1c"
TFT_eSPI tft;

// A name of the board's own, from the end of its MAC address: a whole class may flash this sketch. After WiFi.begin().
String ownName(const String &kind) {
  String mac = WiFi.macAddress();  // 24:0A:C4:3F:2A:1C
  mac.replace(":", "");
  mac.toLowerCase();
  return kind + "-" + mac.substring(6);
}

void draw(const CrossCommFile &file) {
  uint16_t row[WIDTH];
  for (size_t at = 0; at < file.length; at += ROW_BYTES) {
    memcpy(row, file.bytes + at, ROW_BYTES);
    tft.pushImage(0, (file.offset + at) / ROW_BYTES, WIDTH, 1, row);
  }
}

void onFile(CrossCommFile &file) {
  if (file.isOffered()) {
    file.asImage(WIDTH, HEIGHT, CrossCommFormat::Rgb565, CrossCommFit::Cover);
  } else if (file.isChunk()) {
    draw(file);
  } else {
    Serial.println(file.isWhole() ? "shown" : "not shown");
  }
}

void setup() {
  Serial.begin(115200);
  tft.init();
  tft.setSwapBytes(true);  // pixels come with the low byte first
  tft.fillScreen(TFT_BLACK);
  WiFi.begin(NETWORK, PASSWORD);
  name = ownName("display");
  Serial.println("I am " + name);
  cc.onFile(onFile);
  cc.on("door");
  cc.begin(name.c_str(), gateway);
}

void loop() { cc.loop(); }
