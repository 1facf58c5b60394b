// Comes to OOCSI by the handle, with or without a secret, that it finds in its environment, and prints what it is sent.

#include <OOCSI.h>
#include <stdlib.h>

OOCSI oocsi = OOCSI();

void processOOCSI() { Serial.println("from " + oocsi.getSender() + " to " + oocsi.getRecipient()); }

void setup() {
  Serial.begin(115200);
  oocsi.connect(getenv("SKETCH_HANDLE"), "192.168.1.10", "network", "password", processOOCSI);
  oocsi.subscribe("light");
}

void loop() { oocsi.check(); }
