// The smallest sketch that sends something to the gateway: a number a second.
void setup() { Serial.begin(115200); }

void loop() {
  float millivolts = analogRead(A0) * 5000.0 / 1024;
  Serial.println((millivolts - 500) / 10, 1);  // a TMP36: 500 mV at 0 degrees Celsius, 10 mV for each degree
  delay(1000);
}
