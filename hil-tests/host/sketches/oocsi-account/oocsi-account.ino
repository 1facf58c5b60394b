// Comes to OOCSI with the token of an account, and prints what it is sent.

#include <OOCSI.h>

OOCSI oocsi = OOCSI();

void processOOCSI() { Serial.println("from " + oocsi.getSender() + " to " + oocsi.getRecipient()); }

void setup() {
  Serial.begin(115200);
  oocsi.connect("lamp-1:aTokenThatOnlyThisTestHas0123456", "192.168.1.10", "network", "password", processOOCSI);
  oocsi.subscribe("light");
}

void loop() { oocsi.check(); }
