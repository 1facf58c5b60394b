// The board: its clock, its pins, its serial port, and the channel by which a test works it.
//
//   NAME [-l LINK] [-r FROM=TO]... [-c PHOTO] [-d PANEL] [-m MAC] [-n STORAGE]
//
// -l puts Serial on a pseudo-terminal with a link to it at LINK; without, it is standard input and output. -r leads
// connections elsewhere: -r 192.168.1.10:9898=127.0.0.1:40123. -c is the file with what the camera sees, -d the one with
// the pixels of the display, -m the board's MAC address, -n the file with what outlives a reset. If file descriptor 3 is open, commands come by it and events go by it, a line each: `pin 4
// 0`, `adc 36 2048`, `wifi off`, `wifi on`, `cut 3`; the events are JSON. The process ends with that channel.

#include "board.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/random.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <map>

#include "Arduino.h"

EspClass ESP;

namespace {

const int CONTROL = 3;
const int PINS = 64;

char **arguments;
int serialIn = 0;
int serialOut = 1;
bool isControlled = false;
std::string commandText;
std::map<std::string, std::string> routes;
std::string photo;
std::string panel;
std::string storage;
// Sketches may ask for it before main() begins.
const char *mac = "24:0A:C4:3F:2A:1C";

int outputs[PINS];
int inputs[PINS];
/** What the sketch knows of them. */
int readings[PINS];
int voltages[PINS];

bool inReach = true;
unsigned int losses = 0;
/** So many bytes are still written, and then a write takes less than it is given; -1: it takes all. */
long untilCut = -1;
uint32_t reachableSinceMs = 0;

uint64_t nowUs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000U + static_cast<uint64_t>(now.tv_nsec) / 1000U;
}
const uint64_t startUs = nowUs();

[[noreturn]] void die(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fputc('\n', stderr);
  exit(1);
}

void setWifi(bool on) {
  if (on == inReach) return;
  inReach = on;
  if (on) reachableSinceMs = millis();
  else losses++;
  host::tell("wifi", on ? "\"up\":true" : "\"up\":false");
}

void tellPin(const char *event, int pin, int value) {
  host::tell(event, "\"pin\":" + std::to_string(pin) + ",\"value\":" + std::to_string(value));
}

void obey(const std::string &command) {
  int pin, value;
  if (command == "wifi off") setWifi(false);
  else if (command == "wifi on") setWifi(true);
  else if (sscanf(command.c_str(), "pin %d %d", &pin, &value) == 2 && pin >= 0 && pin < PINS) inputs[pin] = value;
  else if (sscanf(command.c_str(), "adc %d %d", &pin, &value) == 2 && pin >= 0 && pin < PINS) voltages[pin] = value;
  else if (sscanf(command.c_str(), "cut %d", &value) == 1) untilCut = value;
  else die("unknown command: %s", command.c_str());
}

/** Does what the test asks for; ends with the test. */
void obeyCommands() {
  if (!isControlled) return;
  char bytes[256];
  ssize_t count;
  while ((count = read(CONTROL, bytes, sizeof bytes)) > 0) commandText.append(bytes, static_cast<size_t>(count));
  for (size_t end; (end = commandText.find('\n')) != std::string::npos; commandText.erase(0, end + 1)) {
    obey(commandText.substr(0, end));
  }
  if (count == 0) _exit(0);
}

void openTerminal(const char *link) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (terminal < 0 || grantpt(terminal) < 0 || unlockpt(terminal) < 0) die("no pseudo-terminal: %s", strerror(errno));
  const char *name = ptsname(terminal);
  // Held open, so that the port stays the same while nobody has it, and raw from the first byte on.
  const int held = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  termios settings;
  if (held < 0 || tcgetattr(held, &settings) < 0) die("%s: %s", name, strerror(errno));
  cfmakeraw(&settings);
  tcsetattr(held, TCSANOW, &settings);
  // A port that appears must be whole: the link gets its name in one step.
  const std::string unnamed = std::string(link) + ".new";
  unlink(unnamed.c_str());
  if (symlink(name, unnamed.c_str()) < 0 || rename(unnamed.c_str(), link) < 0) die("%s: %s", link, strerror(errno));
  serialIn = serialOut = terminal;
}

void addRoute(const std::string &route) {
  const size_t equals = route.find('=');
  if (equals == std::string::npos) die("a route is FROM=TO: %s", route.c_str());
  routes[route.substr(0, equals)] = route.substr(equals + 1);
}

}  // namespace

namespace host {

int serialInput() { return serialIn; }
int serialOutput() { return serialOut; }
bool isWifiInReach() { return inReach; }
unsigned int wifiLosses() { return losses; }
uint32_t wifiReachableMs() { return millis() - reachableSinceMs; }

std::string route(const std::string &address) {
  const auto found = routes.find(address);
  return found == routes.end() ? address : found->second;
}

const std::string &photoFile() { return photo; }
const std::string &panelFile() { return panel; }
const std::string &storageFile() { return storage; }
std::string macAddress() { return mac; }

void spendFlash(void (*half)(void *), void *what) {
  const char *const left = getenv("HOST_CUT_AFTER");
  if (left == nullptr) return;
  const long count = atol(left);
  if (count <= 0) {
    if (half != nullptr) half(what);
    fflush(stdout);
    _exit(9);
  }
  setenv("HOST_CUT_AFTER", std::to_string(count - 1).c_str(), 1);
}

size_t writable(size_t length) {
  if (untilCut < 0) return length;
  const size_t taken = min(length, static_cast<size_t>(untilCut));
  untilCut = taken < length ? -1 : untilCut - static_cast<long>(taken);
  return taken;
}

uint32_t randomNumber() {
  uint32_t number = 0;
  if (getrandom(&number, sizeof number, 0) != sizeof number) die("no random numbers");
  return number;
}

void tell(const char *event, const std::string &fields) {
  if (isControlled) dprintf(CONTROL, "{\"event\":\"%s\",%s}\n", event, fields.c_str());
}

}  // namespace host

uint32_t micros() { return static_cast<uint32_t>(nowUs() - startUs); }
uint32_t millis() { return static_cast<uint32_t>((nowUs() - startUs) / 1000U); }

void delay(uint32_t ms) {
  const uint64_t untilUs = nowUs() + ms * 1000ULL;
  do {
    obeyCommands();
    host::runTimers();
    const uint64_t now = nowUs();
    if (now < untilUs) usleep(static_cast<useconds_t>(min<uint64_t>(untilUs - now, 1000)));
  } while (nowUs() < untilUs);
}

void yield() { delay(0); }

void pinMode(uint8_t pin, uint8_t mode) {
  if (pin < PINS && mode == INPUT_PULLUP) inputs[pin] = HIGH;
}

void digitalWrite(uint8_t pin, uint8_t value) {
  const int level = value != LOW ? 1 : 0;
  if (pin >= PINS || outputs[pin] == level) return;
  outputs[pin] = level;
  tellPin("pin", pin, level);
}

int digitalRead(uint8_t pin) {
  if (pin >= PINS) return LOW;
  if (readings[pin] != inputs[pin]) {
    readings[pin] = inputs[pin];
    tellPin("read", pin, inputs[pin]);
  }
  return inputs[pin];
}
int analogRead(uint8_t pin) { return pin < PINS ? voltages[pin] : 0; }

long random(long end) { return end > 0 ? static_cast<long>(host::randomNumber() % static_cast<uint32_t>(end)) : 0; }
long random(long begin, long end) { return begin + random(end - begin); }
void randomSeed(unsigned long) {}

#ifdef ESP32
extern "C" uint32_t esp_random() { return host::randomNumber(); }
#else
uint32_t EspClass::random() const { return host::randomNumber(); }
#endif

namespace {
uint8_t macByte(int place) { return static_cast<uint8_t>(strtoul(mac + 3 * place, nullptr, 16)); }
}  // namespace

#ifdef ESP32
uint64_t EspClass::getEfuseMac() const {
  uint64_t number = 0;
  for (int i = 0; i < 6; i++) number |= static_cast<uint64_t>(macByte(i)) << (8 * i);
  return number;
}
#else
uint32_t EspClass::getChipId() const { return static_cast<uint32_t>(macByte(3) << 16 | macByte(4) << 8 | macByte(5)); }
#endif

void EspClass::restart() {
  for (int descriptor = CONTROL + 1; descriptor < 256; descriptor++) close(descriptor);
  execv("/proc/self/exe", arguments);
  die("restart: %s", strerror(errno));
}

int main(int count, char **values) {
  arguments = values;
  signal(SIGPIPE, SIG_IGN);
  const char *link = nullptr;
  for (int flag; (flag = getopt(count, values, "l:r:c:d:m:n:")) >= 0;) {
    if (flag == 'l') link = optarg;
    else if (flag == 'r') addRoute(optarg);
    else if (flag == 'c') photo = optarg;
    else if (flag == 'd') panel = optarg;
    else if (flag == 'm') mac = optarg;
    else if (flag == 'n') storage = optarg;
    else die("usage: %s [-l LINK] [-r FROM=TO]... [-c PHOTO] [-d PANEL] [-m MAC] [-n STORAGE]", values[0]);
  }
  isControlled = fcntl(CONTROL, F_GETFD) >= 0;
  if (isControlled) fcntl(CONTROL, F_SETFL, fcntl(CONTROL, F_GETFL) | O_NONBLOCK);
  if (link != nullptr) openTerminal(link);
  host::boot();
  host::tell("ready", "\"pid\":" + std::to_string(getpid()));
  setup();
  for (;;) {
    loop();
    delay(1);
  }
}
