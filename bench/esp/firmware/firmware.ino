// Takes the same firmware by frames, as any sketch does that has CrossCommOta.h, or by a plain HTTP download (WAY=http, PATH_TO_FIRMWARE) into the
// same flash, with the same hash. Prints how many milliseconds it took.

#include <WiFi.h>
#include <HTTPClient.h>
#include <CrossComm.h>
#include <CrossCommWebSocket.h>
#include <CrossCommOta.h>

WiFiClient wifi;
CrossCommWebSocket<> gateway(wifi, "192.168.1.10");
CrossComm<> cc;
CrossCommOta ota("lamp-board", "1.0.0", getenv("SKETCH_KEY"));
uint32_t beganMs;

void onFile(CrossCommFile &file) {
  if (file.isOffered()) beganMs = millis();
  ota.take(file);
  if (file.isWhole()) printf("took %u\n", millis() - beganMs);
}

bool download() {
  crosscomm::FirmwarePlace place;
  HTTPClient http;
  const uint8_t noHash[32] = {};
  uint8_t bytes[4096];
  http.begin(wifi, String("http://192.168.1.10:9898") + getenv("PATH_TO_FIRMWARE"));
  if (http.GET() != HTTP_CODE_OK || http.getSize() <= 0) return false;
  const uint32_t size = static_cast<uint32_t>(http.getSize());
  if (!place.open(size, noHash)) return false;
  place.restart();
  while (place.written() < size) {
    const int count = wifi.read(bytes, sizeof bytes);
    if (count > 0 && !place.write(bytes, static_cast<size_t>(count))) return false;
    if (count <= 0 && !wifi.connected()) return false;
  }
  place.isWhole(noHash);
  return true;
}

void setup() {
  Serial.begin(115200);
  WiFi.begin("network", "password");
  while (WiFi.status() != WL_CONNECTED) delay(10);
  if (getenv("PATH_TO_FIRMWARE") != nullptr) {
    beganMs = millis();
    if (download()) printf("took %u\n", millis() - beganMs);
    else printf("failed\n");
    fflush(stdout);
    exit(0);
  }
  cc.onFile(onFile);
  ota.begin(cc);
  cc.begin("board", gateway);
}

void loop() {
  // An ESP32 does not rest between two loops, as a process does.
  for (;;) {
    cc.loop();
    ota.loop(cc);
    fflush(stdout);
    yield();
  }
}
