// A doorbell that sends a photo by a WebSocket: press the button, and everyone on the channel `door` gets an image. While
// the Wi-Fi or the gateway is away the photo waits, and then goes on where it was.

#include <WiFi.h>
#include <CrossComm.h>
#include <CrossCommWebSocket.h>
#include "camera.h"

const char *const NETWORK = "network";
const char *const PASSWORD = "password";
const char *const GATEWAY = "192.168.1.10";
const byte BUTTON_PIN = 13;  // to GND
const unsigned long BOUNCE_MS = 20;

WiFiClient wifi;
CrossCommWebSocket<> gateway(wifi, GATEWAY);
CrossComm<> cc;
String name;  // "cam-3f2a1c"
camera_fb_t *photo = nullptr;  // the one that is on its way
bool wasPressed = false;
unsigned long changedMs = 0;

// A name of the board's own, from the end of its MAC address: a whole class may flash this sketch. After WiFi.begin().
String ownName(const String &kind) {
  String mac = WiFi.macAddress();  // 24:0A:C4:3F:2A:1C
  mac.replace(":", "");
  mac.toLowerCase();
  return kind + "-" + mac.substring(6);
}

size_t readPhoto(uint32_t offset, uint8_t *into, size_t length) {
  memcpy(into, photo->buf + offset, length);
  return length;
}

// The camera gets its memory back only now: until the end, any part of the photo may have to be sent again.
void onPhoto(const CrossCommUpload &upload) {
  if (!upload.isOver) return;
  esp_camera_fb_return(photo);
  photo = nullptr;
  if (upload.isStored()) {
    Serial.println("stored");
  } else {
    Serial.print("refused: ");
    Serial.println(upload.code);
  }
}

void sendPhoto() {
  if (photo != nullptr) {
    Serial.println("The last photo is still on its way.");
    return;
  }
  photo = esp_camera_fb_get();
  if (photo == nullptr) {
    Serial.println("The camera gives no photo.");
    return;
  }
  CrossCommResult result = cc.sendFile("door.jpg", CrossCommFileKind::Image, "door", readPhoto, photo->len, onPhoto);
  if (result == CrossCommResult::Ok) return;
  Serial.println(crosscomm::toText(result));
  esp_camera_fb_return(photo);
  photo = nullptr;
}

void setup() {
  Serial.begin(115200);
  pinMode(BUTTON_PIN, INPUT_PULLUP);
  if (!startCamera()) Serial.println("There is no camera.");
  WiFi.begin(NETWORK, PASSWORD);
  name = ownName("cam");
  Serial.println("I am " + name);
  cc.begin(name.c_str(), gateway);
}

// Each turn sends some of the photo, so a delay() would slow it down.
void loop() {
  cc.loop();
  bool isPressed = digitalRead(BUTTON_PIN) == LOW;
  if (isPressed == wasPressed || millis() - changedMs < BOUNCE_MS) return;
  wasPressed = isPressed;
  changedMs = millis();
  if (isPressed) sendPhoto();
}
