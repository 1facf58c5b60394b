// Takes its own next firmware over the air, and restarts with it. The test gives the public keys (SKETCH_KEY and SKETCH_NEXT_KEY) and how
// long a trial takes (SKETCH_TRIAL_MS); the version is what the board's firmware says that it is, and one that ends with 13 does not work.

#define CROSSCOMM_OTA_TRIAL_MS atol(getenv("SKETCH_TRIAL_MS"))

#include <firmware.h>
#ifdef ESP32
#include <WiFi.h>
#else
#include <ESP8266WiFi.h>
#endif
#include <CrossComm.h>
#include <CrossCommWebSocket.h>
#include <CrossCommOta.h>

WiFiClient wifi;
CrossCommWebSocket<> gateway(wifi, "192.168.1.10");
CrossComm<> cc;

// Made in setup(), when the board knows its storage.
CrossCommOta &ota() {
  static const std::string version = host::runningVersion();
  static CrossCommOta ota("lamp-board", version.c_str(), getenv("SKETCH_KEY"), getenv("SKETCH_NEXT_KEY"));
  return ota;
}

bool isBroken() {
  const std::string version = host::runningVersion();
  return version.size() > 3 && version.compare(version.size() - 3, 3, ".13") == 0;
}

void onFile(CrossCommFile &file) {
  if (!ota().take(file) && file.isOver()) Serial.println("another file");
}

void setup() {
  Serial.begin(115200);
  while (isBroken()) delay(10);
  WiFi.begin("network", "password");
  cc.onFile(onFile);
  ota().begin(cc);
  cc.begin(getenv("SKETCH_ID") != nullptr ? getenv("SKETCH_ID") : "lamp", gateway);
}

void loop() {
  cc.loop();
  ota().loop(cc);
  if (ota().isReady()) ESP.restart();
}
