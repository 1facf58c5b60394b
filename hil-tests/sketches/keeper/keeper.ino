// A board with a variable whose last value the gateway keeps. It begins with 1, sets it where it is sent {"set": 5}, and says on `says`
// what it has become, whoever set it.

#include <CrossComm.h>

CrossComm<> cc;
CrossCommVariable<long> level("house", "level");

void onLevel() { cc.deliver("says", level.get()); }

void onMessage(const CrossCommMessage &message) {
  level = message["set"].toInt();
  onLevel();
}

void setup() {
  Serial.begin(115200);
  cc.begin("uno-keeper", Serial);
  cc.onMessage(onMessage);
  cc.variable(level);
  level.onChange(onLevel);
  level.keep();
  level = 1;
}

void loop() { cc.loop(); }
