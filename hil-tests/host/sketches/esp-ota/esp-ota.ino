// Takes its own next firmware over the air, and restarts with it. The test gives the public keys (SKETCH_KEY and SKETCH_NEXT_KEY); the
// version is what the board's firmware says that it is.

#include <WiFi.h>
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

void onFile(CrossCommFile &file) {
  if (!ota().take(file) && file.isOver()) Serial.println("another file");
}

void setup() {
  Serial.begin(115200);
  WiFi.begin("network", "password");
  cc.onFile(onFile);
  cc.begin("lamp", gateway);
}

void loop() {
  cc.loop();
  ota().loop(cc);
  if (ota().isReady()) ESP.restart();
}
