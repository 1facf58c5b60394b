// A button that gets a token of its own by a pairing code, and from then on comes with that.
//
// Says on the channel `button` each time that the button is pressed. In the serial monitor it says how it stands with its token.

#include <WiFi.h>
#include <CrossComm.h>
#include <CrossCommToken.h>
#include <CrossCommWebSocket.h>

const char *const NETWORK = "network";
const char *const PASSWORD = "password";
const char *const GATEWAY = "192.168.1.10";
// Six digits that `crosscomm pair` shows on the gateway. They serve once: afterwards the board has its token.
const char *const CODE = "123456";
const byte BUTTON_PIN = 0;  // the button "BOOT" of most boards

WiFiClient wifi;
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
