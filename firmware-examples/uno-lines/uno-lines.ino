// A thermometer and a lamp on the gateway by a plain USB cable, with nothing but Serial.
//
// Says once a second, and whenever the temperature changes by half a degree:   {"temperature":21.5}
// Listens for lines such as   {"from":"python","led":1}   and switches the LED on the board.
// Answers OOCSI calls of toFahrenheit:   {"from":"python","_MESSAGE_HANDLE":"toFahrenheit","_MESSAGE_ID":"7","celsius":20}

const byte SENSOR_PIN = A0;
// A TMP36 gives 500 mV at 0 degrees and 10 mV more for each degree. For an LM35, which gives 0 mV there, write 0.
const float MILLIVOLTS_AT_ZERO = 500;
const float SUPPLY_MILLIVOLTS = 5000;
const unsigned long REPORT_EVERY_MS = 1000;
const float REPORT_CHANGE = 0.5;

// A longer line is skipped. The gateway's lines are short, but anyone may send anything.
char line[200];
unsigned int lineLength = 0;
bool skipping = false;

float reportedTemperature = -1000;
unsigned long reportedMs = 0;

float readTemperature() {
  // The mean of 16 readings is steadier than one, and finer.
  unsigned int sum = 0;
  for (byte i = 0; i < 16; i++) sum += analogRead(SENSOR_PIN);
  float millivolts = sum / 16.0 * SUPPLY_MILLIVOLTS / 1024;
  return (millivolts - MILLIVOLTS_AT_ZERO) / 10;
}

void report() {
  float temperature = readTemperature();
  bool changed = fabs(temperature - reportedTemperature) >= REPORT_CHANGE;
  if (!changed && millis() - reportedMs < REPORT_EVERY_MS) return;
  reportedTemperature = temperature;
  reportedMs = millis();
  Serial.print(F("{\"temperature\":"));
  Serial.print(temperature, 1);
  Serial.println(F("}"));
}

// Where the value of a field begins in a JSON line, or NULL if the line has no such field. It knows only as much of
// JSON as is needed here: write the name with its quotes, "\"led\"", and look for fields of the outermost object only.
const char *valueOf(const char *json, const char *quotedName) {
  const char *at = json;
  while ((at = strstr(at, quotedName)) != NULL) {
    at += strlen(quotedName);
    while (*at == ' ') at++;
    if (*at == ':') {
      at++;
      while (*at == ' ') at++;
      return at;
    }
  }
  return NULL;
}

// Copies a string value, its quotes and escapes as they are, so that it can be written into another JSON line.
// False if it is no string, or too long for `copy`.
bool copyString(const char *value, char *copy, size_t size) {
  if (value == NULL || *value != '"') return false;
  size_t length = 1;
  while (value[length] != '"') {
    if (value[length] == '\\') length++;
    if (value[length] == 0) return false;
    length++;
  }
  length++;
  if (length >= size) return false;
  memcpy(copy, value, length);
  copy[length] = 0;
  return true;
}

// A number, whether it stands alone or in quotes.
float numberAt(const char *value) {
  if (*value == '"') value++;
  return strtod(value, NULL);
}

void switchLed(const char *value) {
  bool on = *value == 't' || numberAt(value) != 0;  // 1, true, "1"
  digitalWrite(LED_BUILTIN, on ? HIGH : LOW);
  Serial.println(on ? F("{\"led\":1}") : F("{\"led\":0}"));
}

// A response goes to the sender of the call and carries the call's id; that is all that OOCSI asks for.
void answerToFahrenheit(const char *json) {
  char sender[64];
  char messageId[48];
  const char *celsius = valueOf(json, "\"celsius\"");
  if (celsius == NULL) return;
  if (!copyString(valueOf(json, "\"from\""), sender, sizeof sender)) return;
  if (!copyString(valueOf(json, "\"_MESSAGE_ID\""), messageId, sizeof messageId)) return;
  Serial.print(F("{\"to\":"));
  Serial.print(sender);
  Serial.print(F(",\"_MESSAGE_ID\":"));
  Serial.print(messageId);
  Serial.print(F(",\"fahrenheit\":"));
  Serial.print(numberAt(celsius) * 1.8 + 32, 1);
  Serial.println(F("}"));
}

void handleLine() {
  const char *call = valueOf(line, "\"_MESSAGE_HANDLE\"");
  if (call != NULL) {
    if (strncmp_P(call, PSTR("\"toFahrenheit\""), 14) == 0) answerToFahrenheit(line);
    return;
  }
  const char *led = valueOf(line, "\"led\"");
  if (led != NULL) switchLed(led);
}

void readLines() {
  while (Serial.available() > 0) {
    char c = Serial.read();
    if (c == '\n') {
      line[lineLength] = 0;
      if (!skipping && lineLength > 0) handleLine();
      lineLength = 0;
      skipping = false;
    } else if (lineLength < sizeof line - 1) {
      line[lineLength++] = c;
    } else {
      skipping = true;
    }
  }
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
}

void loop() {
  readLines();
  report();
}
