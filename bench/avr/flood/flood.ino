// Sends readings as fast as the wire takes them: each is sent as soon as the one before has left.

#include <CrossComm.h>

const char *const KEYS[] = {"n", "t"};
CrossComm<> cc;
unsigned int number = 0;

void setup() {
  Serial.begin(115200);
  cc.keys(KEYS);
  cc.begin("uno-flood", Serial);
  cc.channel("flood");
}

void loop() {
  cc.loop();
  if (!cc.isOnline()) return;
  const CrossCommResult result = cc.message("flood").field("n", number).field("t", millis()).send();
  if (result == CrossCommResult::Ok) number++;
}
