// Says what the OOCSI library makes of the values in a message.

#include <OOCSI.h>

OOCSI oocsi = OOCSI();

void processOOCSI() {
  const char *const KEYS[] = {"integer", "fraction", "text", "exponent", "truth", "missing"};
  for (const char *key : KEYS) {
    Serial.print(key);
    Serial.print(" ");
    Serial.print(oocsi.getInt(key, -1));
    Serial.print(" ");
    Serial.print(oocsi.getLong(key, -1));
    Serial.print(" ");
    Serial.print(oocsi.getFloat(key, -1));
    Serial.print(" ");
    Serial.print(oocsi.getBool(key, false));
    Serial.print(" ");
    Serial.println(oocsi.getString(key, "-"));
  }
}

void setup() {
  Serial.begin(115200);
  oocsi.setLogging(false);
  oocsi.connect("facts-####", "192.168.1.10", "network", "password", processOOCSI);
  oocsi.subscribe("facts");
  Serial.println("name " + oocsi.getName());
}

void loop() { oocsi.check(); }
