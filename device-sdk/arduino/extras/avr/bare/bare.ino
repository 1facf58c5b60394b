// examples/uno-frames with nothing but Serial: what the library's cost is measured against.

unsigned long reportedMs = 0;

float readTemperature() {
  float millivolts = analogRead(A0) * 5000.0 / 1024;
  return (millivolts - 500) / 10;
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
}

void loop() {
  if (Serial.available() > 0) digitalWrite(LED_BUILTIN, Serial.read() == '1');
  if (millis() - reportedMs < 1000) return;
  reportedMs = millis();
  Serial.println((int)readTemperature());
}
