// Counts the cycles that the CrossComm library takes for a reading of two numbers, each way, by a timer that runs at the
// processor's pace. The wire is memory, so that no interrupt of a serial port is counted with it.

#include <CrossComm.h>
#include <avr/sleep.h>
#include <util/crc16.h>

const byte END = 0xC0, ESC = 0xDB, ESC_END = 0xDC, ESC_ESC = 0xDD;
const unsigned long GIVE_UP_MS = 5000;

/** Answers as a gateway does until the device has declared everything; after that it only takes bytes. */
class Wire : public Stream {
 public:
  bool isCounting = false;
  unsigned int bytesOut = 0;

  int available() override { return length - position; }
  int read() override { return position < length ? line[position++] : -1; }
  int peek() override { return position < length ? line[position] : -1; }
  int availableForWrite() override { return 255; }
  size_t write(uint8_t value) override {
    bytesOut++;
    if (!isCounting) learn(value);
    return 1;
  }

  /** Puts a frame on the line to the device. */
  void say(const byte *frame, byte size) {
    if (position == length) position = length = 0;
    uint16_t crc = 0xFFFF;
    line[length++] = END;
    for (byte at = 0; at < size; at++) {
      crc = _crc_ccitt_update(crc, frame[at]);
      put(frame[at]);
    }
    put(~crc & 0xFF);
    put((~crc >> 8) & 0xFF);
    line[length++] = END;
  }

 private:
  byte line[128];
  byte length = 0, position = 0;
  byte heard[48];
  byte heardLength = 0;
  bool escaped = false;

  void put(byte value) {
    if (value == END || value == ESC) {
      line[length++] = ESC;
      line[length++] = value == END ? ESC_END : ESC_ESC;
    } else line[length++] = value;
  }

  void learn(byte value) {
    if (value == END) {
      if (heardLength > 2) answer();
      heardLength = 0;
    } else if (value == ESC) escaped = true;
    else {
      if (escaped) value = value == ESC_END ? END : ESC;
      escaped = false;
      if (heardLength < sizeof heard) heard[heardLength++] = value;
    }
  }

  /** Welcome for a Hello; each declaration is confirmed. */
  void answer() {
    if (heard[1] == 0) {
      const byte welcome[] = {0x87, 0x01, 0x01, 0x01, 0x00, 0x00, 0xF4, 0x84, 0x19, 0xFF, 0xFF,
                              0x1A, 0x00, 0x02, 0x00, 0x00, 0x19, 0x01, 0x00, 0x19, 0x04, 0x00};
      say(welcome, sizeof welcome);
    } else if (heard[1] == 6) {
      const byte alias[] = {0x82, 0x06, heard[2]};
      const byte shaped[] = {0x84, 0x06, heard[2], 0xF6, 0x02};
      if (heard[0] == 0x85) say(shaped, sizeof shaped);
      else say(alias, sizeof alias);
    } else if (heard[1] == 11) {
      const byte keys[] = {0x82, 0x0B, 0x02};
      say(keys, sizeof keys);
    }
  }
};

const char *const KEYS[] = {"temperature", "humidity"};
CrossComm<> cc;
CrossCommShape reading("lab/room2");
Wire wire;
float temperature;
long humidity;
unsigned int handled = 0;
/** When the handler was called, in cycles. */
unsigned int calledAt = 0;

void onReading(const CrossCommMessage &message) {
  calledAt = TCNT1;
  temperature = message["temperature"].toFloat();
  humidity = message["humidity"].toInt();
  handled++;
}

void begin() {
  noInterrupts();
  wire.isCounting = true;
  wire.bytesOut = 0;
  TIFR1 = _BV(TOV1);
  TCNT1 = 0;
}

/** Cycles since begin(), or -1 where there were more than the timer holds. */
long end() {
  const unsigned int cycles = TCNT1;
  const bool tooMany = TIFR1 & _BV(TOV1);
  wire.isCounting = false;
  interrupts();
  return tooMany ? -1 : (long)cycles;
}

void report(const char *what, long cycles, bool isRight) {
  Serial.print(F("RESULT "));
  Serial.print(what);
  Serial.print(' ');
  Serial.print(isRight ? cycles : -2L);
  Serial.print(' ');
  Serial.println(wire.bytesOut);
}

void stop() {
  Serial.println(F("DONE"));
  Serial.flush();
  noInterrupts();
  sleep_enable();
  sleep_cpu();
}

void measureEncoding(const char *what, float warmth, long moisture) {
  begin();
  const CrossCommResult result =
      cc.message("lab/room1").field("temperature", warmth).field("humidity", moisture).send();
  const long cycles = end();
  report(what, cycles, result == CrossCommResult::Ok);
}

void measureShape() {
  begin();
  const CrossCommResult result = reading.send(21.5, 43);
  const long cycles = end();
  report("encodeShape", cycles, result == CrossCommResult::Ok);
}

void measureOne() {
  begin();
  const CrossCommResult result = cc.send("lab/room1", 21.5);
  const long cycles = end();
  report("encodeOne", cycles, result == CrossCommResult::Ok);
}

void measureDecoding(const char *what, const byte *frame, byte size, float warmth, long moisture) {
  handled = 0;
  // What came before is acknowledged, so that this is not counted.
  delay(30);
  cc.loop();
  wire.say(frame, size);
  begin();
  cc.loop();
  const long cycles = end();
  report("called", calledAt, handled == 1);
  report(what, cycles, handled == 1 && temperature == warmth && humidity == moisture);
}

void setup() {
  Serial.begin(115200);
  TCCR1A = 0;
  TCCR1B = _BV(CS10);
  cc.keys(KEYS);
  cc.on("lab/room1", onReading);
  cc.on("lab/room2", onReading);
  cc.shape(reading, F("temperature,humidity"));
  cc.begin("uno-1", wire);
  while (millis() < GIVE_UP_MS) {
    cc.loop();
    // Some more rounds, until what was declared is confirmed as well.
    if (cc.isOnline() && millis() > 200) break;
  }
  measureEncoding("encode", 21.5, 43);
  measureEncoding("wideEncode", 21.3, 1043);
  measureShape();
  measureOne();
  begin();
  cc.loop();
  const long idle = end();
  report("idle", idle, true);
  // [9, seq, [8, 0, {0: 21.5, 1: 43}]]: the reading as the gateway sends it.
  const byte exact[] = {0x83, 0x09, 0x01, 0x83, 0x08, 0x00, 0xA2, 0x00, 0xF9, 0x4D, 0x60, 0x01, 0x18, 0x2B};
  measureDecoding("decode", exact, sizeof exact, 21.5, 43);
  // [9, seq, [8, 1, [21.5, 43]]]: the reading by a shape.
  const byte shaped[] = {0x83, 0x09, 0x02, 0x83, 0x08, 0x01, 0x82, 0xF9, 0x4D, 0x60, 0x18, 0x2B};
  measureDecoding("decodeShape", shaped, sizeof shaped, 21.5, 43);
  // The first with a sender, and numbers that take more bytes.
  const byte wide[] = {0x83, 0x09, 0x03, 0x84, 0x08, 0x00, 0xA2, 0x00, 0xFA, 0x41, 0xAA, 0x66,
                       0x66, 0x01, 0x19, 0x04, 0x13, 0x65, 'w',  'e',  'b',  '-',  '1'};
  measureDecoding("wideDecode", wide, sizeof wide, 21.3, 1043);
  stop();
}

void loop() {}
