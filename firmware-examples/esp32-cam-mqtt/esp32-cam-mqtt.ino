// A doorbell that sends a photo by MQTT: press the button, and everyone on the channel `door` gets an image.

#include <WiFi.h>
#include <PubSubClient.h>
#include "camera.h"

const char *const NETWORK = "network";
const char *const PASSWORD = "password";
const char *const GATEWAY = "192.168.1.10";
const char *const NAME = "doorbell-2";
const char *const TOPIC = "$files/door/image/door.jpg";
const size_t MAX_BYTES = 1000000;  // the gateway's mqtt.maxPacketBytes, 1 MiB, less room for the topic
const byte BUTTON_PIN = 13;        // to GND
const unsigned long RECONNECT_EVERY_MS = 2000;

WiFiClient wifi;
PubSubClient mqtt(GATEWAY, 1883, wifi);
unsigned long triedMs = 0;
bool wasPressed = false;

bool publish(camera_fb_t *photo) {
  // In pieces: publish() would need a buffer that is as large as the photo.
  bool isSent = mqtt.beginPublish(TOPIC, photo->len, false) && mqtt.write(photo->buf, photo->len) == photo->len &&
                mqtt.endPublish();
  // What is half sent cannot be gone on with.
  if (!isSent) wifi.stop();
  return isSent;
}

void sendPhoto() {
  camera_fb_t *photo = esp_camera_fb_get();
  if (photo == nullptr) {
    Serial.println("The camera gives no photo.");
    return;
  }
  if (photo->len > MAX_BYTES) {
    Serial.println("The photo is too large for MQTT.");
  } else {
    Serial.println(publish(photo) ? "sent" : "not sent");
  }
  esp_camera_fb_return(photo);
}

void reconnect() {
  if (millis() - triedMs < RECONNECT_EVERY_MS) return;
  triedMs = millis();
  if (mqtt.connect(NAME)) Serial.println("online");
}

void setup() {
  Serial.begin(115200);
  pinMode(BUTTON_PIN, INPUT_PULLUP);
  if (!startCamera()) Serial.println("There is no camera.");
  WiFi.begin(NETWORK, PASSWORD);
  mqtt.setSocketTimeout(3);
}

void loop() {
  if (!mqtt.loop()) reconnect();
  bool isPressed = digitalRead(BUTTON_PIN) == LOW;
  if (isPressed && !wasPressed) sendPhoto();
  wasPressed = isPressed;
  delay(20);  // a button bounces
}
