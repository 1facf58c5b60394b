// A button that calls a Python service over Wi-Fi, and a LED that shows the answer.
//
// Each press calls the function `press` of the client `counter`, which is the Python program beside this sketch. The
// LED is lit while the answer says so.

#include <ESP8266WiFi.h>
#include <CrossComm.h>
#include <CrossCommWebSocket.h>

// With gateway_ca.h beside this sketch, all is encrypted, and the board talks to this gateway only. The gateway makes that
// file: crosscomm tls export --arduino -o gateway_ca.h
#if __has_include("gateway_ca.h")
#include <WiFiClientSecure.h>
#include "gateway_ca.h"
#define SECURED 1
#else
#define SECURED 0
#endif

const char *const NETWORK = "network";
const char *const PASSWORD = "password";
const char *const GATEWAY = "192.168.1.10";
const byte BUTTON_PIN = 4;  // D2; the button connects it with GND
const unsigned long BOUNCE_MS = 20;

#if SECURED
BearSSL::X509List authority(CROSSCOMM_CA);
BearSSL::Session session;  // a second handshake is short
WiFiClientSecure wifi;
#else
WiFiClient wifi;
#endif
CrossCommWebSocket<> gateway(wifi, GATEWAY);
CrossComm<> cc;
String name;  // "button-3f2a1c"
bool wasPressed = false;
unsigned long changedMs = 0;

// A name of the board's own, from the end of its MAC address: a whole class may flash this sketch. After WiFi.begin().
String ownName(const String &kind) {
  String mac = WiFi.macAddress();  // 24:0A:C4:3F:2A:1C
  mac.replace(":", "");
  mac.toLowerCase();
  return kind + "-" + mac.substring(6);
}

void onAnswer(const CrossCommReply &reply) {
  if (!reply.isOk()) {
    Serial.println(String("No answer: ") + reply.code);
    return;
  }
  digitalWrite(LED_BUILTIN, reply.value["lit"]);
  Serial.println("Presses: " + reply.value["presses"]);
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  pinMode(BUTTON_PIN, INPUT_PULLUP);
  Serial.begin(115200);
#if SECURED
  wifi.setTrustAnchors(&authority);
  wifi.setSession(&session);
#endif
  WiFi.begin(NETWORK, PASSWORD);
  name = ownName("button");
  Serial.println("I am " + name);
  cc.begin(name.c_str(), gateway);
}

void loop() {
  cc.loop();
  bool isPressed = digitalRead(BUTTON_PIN) == LOW;
  if (isPressed == wasPressed || millis() - changedMs < BOUNCE_MS) return;
  wasPressed = isPressed;
  changedMs = millis();
  Serial.println(isPressed ? "pressed" : "released");
  if (!isPressed) return;
  CrossCommResult result = cc.call("counter", "press", onAnswer).field("by", "button").deliver();
  if (result != CrossCommResult::Ok) Serial.println(crosscomm::toText(result));
}
