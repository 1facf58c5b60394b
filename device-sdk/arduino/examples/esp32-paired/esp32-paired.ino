// A button that gets a token of its own by a pairing code, and from then on comes with that.
//
// Says on the channel `button` each time that the button is pressed. In the serial monitor it says how it stands with its token.

#ifdef ESP8266
#include <ESP8266WiFi.h>
#else
#include <WiFi.h>
#endif
#include <CrossComm.h>
#include <CrossCommToken.h>
#include <CrossCommWebSocket.h>

// With gateway_ca.h beside this sketch, all is encrypted, the code and the token too, and the board talks to this gateway only.
// The gateway makes that file: crosscomm tls export --arduino -o gateway_ca.h
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
// Six digits that `crosscomm pair` shows on the gateway. They serve once: afterwards the board has its token.
const char *const CODE = "123456";
const byte BUTTON_PIN = 0;  // the button "BOOT" of most boards

#if SECURED
#ifdef ESP8266
BearSSL::X509List authority(CROSSCOMM_CA);
BearSSL::Session session;  // a second handshake is short
#endif
WiFiClientSecure wifi;
#else
WiFiClient wifi;
#endif
CrossCommWebSocket<> gateway(wifi, GATEWAY);
CrossComm<> cc;
String name;  // "esp32-3f2a1c"
bool wasPressed = false;

// A name of the board's own, from the end of its MAC address. After WiFi.begin().
String ownName(const String &kind) {
  String mac = WiFi.macAddress();  // 24:0A:C4:3F:2A:1C
  mac.replace(":", "");
  mac.toLowerCase();
  return kind + "-" + mac.substring(6);
}

bool storeToken(const char *token) {
  Serial.println("paired");
  return CrossCommToken::store(token);
}

void onConnect() { Serial.println("connected"); }

void onDisconnect(const CrossCommDisconnect &disconnect) {
  if (disconnect.code == crosscomm::Code::Credentials)
    Serial.println("refused: it needs a new code, or its token was taken back");
}

void setup() {
  pinMode(BUTTON_PIN, INPUT_PULLUP);
  Serial.begin(115200);
#if SECURED && defined(ESP8266)
  wifi.setTrustAnchors(&authority);
  wifi.setSession(&session);
#elif SECURED
  wifi.setCACert(CROSSCOMM_CA);
#endif
  WiFi.begin(NETWORK, PASSWORD);
  name = ownName("esp32");
  Serial.println("I am " + name);
  cc.onConnect(onConnect);
  cc.onDisconnect(onDisconnect);
  cc.pair(CrossCommToken::load, storeToken, CODE);
  cc.begin(name.c_str(), gateway);
}

void loop() {
  cc.loop();
  bool isPressed = digitalRead(BUTTON_PIN) == LOW;
  if (isPressed && !wasPressed) cc.deliver("button", name);
  wasPressed = isPressed;
}
