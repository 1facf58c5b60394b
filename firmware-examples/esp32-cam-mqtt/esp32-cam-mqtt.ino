// A doorbell that sends a photo by MQTT: press the button, and everyone on the channel `door` gets an image.

#include <WiFi.h>
#include <PubSubClient.h>
#include "camera.h"

const char *const NETWORK = "network";
const char *const PASSWORD = "password";
const char *const GATEWAY = "192.168.1.10";
const char *const TOPIC = "$files/door/image/door.jpg";
const byte BUTTON_PIN = 13;  // to GND
const unsigned long RECONNECT_EVERY_MS = 2000;

WiFiClient wifi;
PubSubClient mqtt(GATEWAY, 1883, wifi);
String name;  // "cam-3f2a1c"
// What a photo may have. PubSubClient 2.8 counts a packet's bytes with 16 bits; PubSubClient3 does not, and then it is the
// gateway's mqtt.maxPacketBytes, 1 MiB. Both with room for the topic.
const size_t MAX_BYTES = sizeof(mqtt.getBufferSize()) > 2 ? 1000000 : 65000;
unsigned long triedMs = 0;
bool wasPressed = false;

// A name of the board's own, from the end of its MAC address: a whole class may flash this sketch. After WiFi.begin().
String ownName(const String &kind) {
  String mac = WiFi.macAddress();  // 24:0A:C4:3F:2A:1C
  mac.replace(":", "");
  mac.toLowerCase();
  return kind + "-" + mac.substring(6);
}

bool publish(camera_fb_t *photo) {
  // In pieces: publish() would need a buffer that is as large as the photo.
  bool isSent = mqtt.beginPublish(TOPIC, photo->len, false) && mqtt.write(photo->buf, photo->len) == photo->len &&
                mqtt.endPublish();
  // The gateway waits for the rest of what is half sent, and takes for it whatever comes next.
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
    Serial.println("The photo is too large: " + String(photo->len) + " of " + String(MAX_BYTES) + " bytes.");
  } else {
    Serial.println(publish(photo) ? "sent" : "not sent");
  }
  esp_camera_fb_return(photo);
}

void reconnect() {
  if (millis() - triedMs < RECONNECT_EVERY_MS) return;
  triedMs = millis();
  if (mqtt.connect(name.c_str())) Serial.println("online");
}

void setup() {
  Serial.begin(115200);
  pinMode(BUTTON_PIN, INPUT_PULLUP);
  if (!startCamera()) Serial.println("There is no camera.");
  WiFi.begin(NETWORK, PASSWORD);
  name = ownName("cam");
  Serial.println("I am " + name);
  mqtt.setSocketTimeout(3);
}

void loop() {
  if (!mqtt.loop()) reconnect();
  bool isPressed = digitalRead(BUTTON_PIN) == LOW;
  if (isPressed && !wasPressed) sendPhoto();
  wasPressed = isPressed;
  delay(20);  // a button bounces
}
