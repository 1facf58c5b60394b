// A potentiometer that tells its position when it is turned, and nothing while it rests.
const int KNOB = A0;
const int STEP = 2;  // of 0 to 100: what changes by less is noise

int told = -STEP;  // so that the first position is told

void setup() { Serial.begin(115200); }

void loop() {
  const int position = map(analogRead(KNOB), 0, 1023, 0, 100);
  if (abs(position - told) >= STEP) {
    told = position;
    Serial.print("{\"knob\":");
    Serial.print(position);
    Serial.println("}");
  }
  delay(20);
}
