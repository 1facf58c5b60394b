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
TFT_eSPI tft;

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
  cc.onFile(onFile);
  cc.on("door");
  cc.begin("display-2", gateway);
}

void loop() {
  cc.loop();
}
