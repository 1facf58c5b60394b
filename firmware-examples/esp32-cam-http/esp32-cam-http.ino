// A doorbell that sends a photo by HTTP: press the button, and everyone on the channel `door` gets an image. While the
// Wi-Fi or the gateway is away the photo waits.

#include <WiFi.h>
#include <HTTPClient.h>
#include "camera.h"

const char *const NETWORK = "network";
const char *const PASSWORD = "password";
const char *const ADDRESS = "http://192.168.1.10:9898/objects/door.jpg?to=door&kind=image";
const byte BUTTON_PIN = 13;  // to GND
const unsigned long TRY_AGAIN_MS = 2000;

WiFiClient wifi;
String name;  // "cam-3f2a1c"
camera_fb_t *photo = nullptr;  // the one that is on its way
String address;
unsigned long triedMs = 0;
bool wasPressed = false;

// A name of the board's own, from the end of its MAC address: a whole class may flash this sketch. After WiFi.begin().
String ownName(const String &kind) {
  String mac = WiFi.macAddress();  // 24:0A:C4:3F:2A:1C
  mac.replace(":", "");
  mac.toLowerCase();
  return kind + "-" + mac.substring(6);
}

void sendPhoto() {
  triedMs = millis();
  HTTPClient http;
  http.begin(wifi, address);
  http.addHeader("Content-Type", "image/jpeg");
  int status = http.PUT(photo->buf, photo->len);
  if (status < 0) {
    Serial.println(HTTPClient::errorToString(status));
  } else if (status == HTTP_CODE_CREATED) {
    Serial.println("stored");
  } else {
    Serial.println(http.getString());  // says why not
  }
  http.end();
  // There was no answer, or the gateway has too much to do or no room: that may pass. With 400 to 499 it does not.
  if (status < 0 || status >= 500) return;
  esp_camera_fb_return(photo);
  photo = nullptr;
}

void takePhoto() {
  if (photo != nullptr) {
    Serial.println("The last photo is still on its way.");
    return;
  }
  photo = esp_camera_fb_get();
  if (photo == nullptr) {
    Serial.println("The camera gives no photo.");
    return;
  }
  // `upload` is a name of the photo's own, by which the gateway knows a photo that it has already, where only its answer was lost.
  address = String(ADDRESS) + "&from=" + name + "&upload=" + String(esp_random());
  sendPhoto();
}

void setup() {
  Serial.begin(115200);
  pinMode(BUTTON_PIN, INPUT_PULLUP);
  if (!startCamera()) Serial.println("There is no camera.");
  WiFi.begin(NETWORK, PASSWORD);
  name = ownName("cam");
  Serial.println("I am " + name);
}

void loop() {
  bool isPressed = digitalRead(BUTTON_PIN) == LOW;
  if (isPressed && !wasPressed) takePhoto();
  wasPressed = isPressed;
  if (photo != nullptr && millis() - triedMs >= TRY_AGAIN_MS) sendPhoto();
  delay(20);  // a button bounces
}
