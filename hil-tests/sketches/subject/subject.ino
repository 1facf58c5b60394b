// The board that the tests talk to. It says readings, has a lamp and a service, counts aloud so that nothing can get lost
// unnoticed, and keeps a book of what it is told. It is steered by messages to its own name:
//
//   {"led": 1}                switches the LED; answered by the same
//   {"burst": 300}            says the numbers from 1 to 300, each at least once, as fast as they are taken
//   {"enough": 1}             ends that before its end
//   {"set": 7}                sets the variable `level` of the channel `house`, which it shares with others; whatever others set
//                             it to, it says
//   {"n": 7, "pad": "hij..."} goes into the book
//   {"slow": 20}              from now on the loop rests for so many milliseconds each time, so that it reads slowly
//   {"forget": 1}             begins a new book
//   {"report": 1}             answered by the book

#include <CrossComm.h>

#if defined(ARDUINO_AVR_MEGA2560)
#define MODEL "mega"
#elif defined(ESP32)
#define MODEL "esp32"
#else
#define MODEL "uno"
#endif

#ifndef LED_BUILTIN
#define LED_BUILTIN 2
#endif

const unsigned long READING_EVERY_MS = 500;
const uint16_t KEPT_MAGIC = 0xC0DB;

/** The numbers that are said aloud. A reset leaves them alone, as it does what is under way. */
struct Burst {
  uint16_t magic;
  uint16_t start;
  uint16_t next;
  uint16_t last;
  /** The number of the message in which `next` is about to be kept, or 0. */
  uint32_t message;
};

/** What came. */
struct Book {
  uint16_t count;
  uint16_t bad;
  uint16_t last;
  uint32_t sum;
};

// The digit at the end is the number that is set by jumpers.
char id[] = MODEL "-0";
char says[] = MODEL "-0/says";
char numbers[] = MODEL "-0/numbers";
const char *const KEYS[] = {"temperature", "led", "n", "start", "pad"};

// As small as on an Uno everywhere, so that no more is under way than there.
CrossComm<96, 16> cc;
CROSSCOMM_KEEP CrossCommMemory<128> memory;
CROSSCOMM_KEEP volatile Burst burst;
Book book;
uint16_t slowMs = 0;
bool ledWasAsked = false;
bool bookWasAsked = false;
/** Shared with others; whether the listener has to be told that they changed it. */
CrossCommVariable<int> level("house", "level");
bool levelWasChanged = false;
unsigned long readingMs = 0;

/** Jumpers to ground at the pins 2, 3 and 4 make a number from 0 to 7. */
char jumperDigit() {
  uint8_t number = 0;
#if defined(__AVR__)
  for (uint8_t bit = 0; bit < 3; bit++) {
    pinMode(2 + bit, INPUT_PULLUP);
    delay(1);
    if (digitalRead(2 + bit) == LOW) number |= 1 << bit;
  }
#endif
  return '0' + number;
}

float temperature() { return (analogRead(A0) * 5000.0 / 1024 - 500) / 10; }

/** A message of the book: its number rises, and its text follows from the number. */
void note(const CrossCommMessage &message) {
  const uint16_t n = message["n"].toInt();
  const CrossCommValue pad = message["pad"];
  bool isRight = n > book.last && pad.size() > 0;
  for (size_t i = 0; i < pad.size(); i++) {
    if (pad.data()[i] != 'a' + (n + i) % 26) isRight = false;
  }
  book.count++;
  book.last = n;
  book.sum = book.sum * 31 + n;
  if (!isRight) book.bad++;
}

void onInbox(const CrossCommMessage &message) {
  if (message["n"].exists()) note(message);
  if (message["led"].exists()) {
    digitalWrite(LED_BUILTIN, message["led"].toBool());
    ledWasAsked = true;
  }
  if (message["burst"].exists()) {
    burst.next = 1;
    burst.last = message["burst"].toInt();
  }
  if (message["enough"].exists()) burst.last = burst.next - 1;
  if (message["set"].exists()) level = message["set"].toInt();
  if (message["slow"].exists()) slowMs = message["slow"].toInt();
  if (message["forget"].exists()) book = Book();
  if (message["report"].exists()) bookWasAsked = true;
}

void onLevelChange() { levelWasChanged = true; }

void toFahrenheit(const CrossCommCall &call, CrossCommBuilder &reply) {
  reply.field("fahrenheit", call.args["celsius"].toFloat() * 1.8f + 32);
}

bool isTaken(CrossCommResult result) { return result == CrossCommResult::Ok; }

void count() {
  if (burst.next > burst.last) return;
  burst.message = cc.lastNumber() + 1;
  const uint16_t n = burst.next;
  const uint16_t start = burst.start;
  if (isTaken(cc.message(numbers).field("n", n).field("start", start).deliver())) burst.next = n + 1;
  burst.message = 0;
}

/** After a reset: whether the number that was about to be kept was kept. */
void resume() {
  if (burst.magic != KEPT_MAGIC) {
    burst.start = 0;
    burst.next = 1;
    burst.last = 0;
    burst.magic = KEPT_MAGIC;
  } else if (burst.message != 0 && cc.lastNumber() >= burst.message) {
    burst.next = burst.next + 1;
  }
  burst.message = 0;
  burst.start = burst.start + 1;
}

void answer() {
  if (ledWasAsked && isTaken(cc.message(says).field("led", digitalRead(LED_BUILTIN)).deliver())) ledWasAsked = false;
  if (levelWasChanged && isTaken(cc.message(says).field("level", level.get()).deliver())) levelWasChanged = false;
  if (!bookWasAsked) return;
  CrossCommBuilder report = cc.message(says);
  report.field("count", book.count).field("bad", book.bad).field("last", book.last).field("sum", book.sum);
  if (isTaken(report.deliver())) bookWasAsked = false;
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
  id[sizeof MODEL] = says[sizeof MODEL] = numbers[sizeof MODEL] = jumperDigit();
  cc.keep(memory);
  resume();
  cc.keys(KEYS);
  cc.begin(id, Serial);
  cc.channel(says);
  cc.channel(numbers);
  cc.variable(level);
  level.onChange(onLevelChange);
  cc.offer("toFahrenheit", toFahrenheit);
  cc.onMessage(onInbox);
}

void loop() {
  cc.loop();
  count();
  answer();
  if (millis() - readingMs >= READING_EVERY_MS) {
    readingMs = millis();
    if (cc.isOnline()) cc.message(says).field("temperature", temperature()).send();
    else Serial.println(F("waiting for the gateway"));
  }
  if (slowMs > 0) delay(slowMs);
}
