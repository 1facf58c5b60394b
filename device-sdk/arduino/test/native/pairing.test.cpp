// A device that gets a token of its own, and proves itself with it.
#include "gateway.h"

using namespace crosscomm;

namespace {

const char TOKEN[] = "vN3kQ8wZ1xY7bC5dE2fG4hJ6kL9mP0rS";
/** A Hello of the device `d` up to its credentials. */
const char HELLO[] = "8900016164071860f60083010000";

std::string memory;
bool isBroken;
std::string seen;

bool loadToken(char *token) {
  if (memory.empty()) return false;
  memcpy(token, memory.c_str(), memory.size() + 1);
  return true;
}

bool storeToken(const char *token) {
  if (isBroken) return false;
  memory = token;
  return true;
}

std::string hex(const std::string &text) { return toHex(reinterpret_cast<const uint8_t *>(text.data()), text.size()); }

std::string offer(const std::string &token, const std::string &number = "01") {
  const uint8_t head[] = {0x78, static_cast<uint8_t>(token.size())};
  return "831819" + number + toHex(head, 2) + hex(token);
}

/** The credentials of a Hello that has a token. */
std::string withToken(const std::string &token) { return "a2027820" + hex(token) + "03f5"; }
const char WITHOUT[] = "a103f5";
const char WITH_CODE[] = "a2026b706169723a34393338313703f5";
const char WRONG[] = "820206";

/** A device with the boot id 7 after a start, and its gateway. */
struct Pair {
  explicit Pair(const char *code = "") : gateway(device) {
    device.bootId(7);
    device.pair(loadToken, storeToken, code);
    device.begin("d", gateway.line);
  }
  CrossComm<96, 64, 3> device;
  Gateway gateway;
};

void forget() {
  memory.clear();
  seen.clear();
  isBroken = false;
}

}  // namespace

TEST("a device that can store a token says so, and stores one that is offered") {
  forget();
  Pair pair;
  CHECK_TEXT(pair.gateway.exchange(), std::string(HELLO) + WITHOUT, "hello without a token");
  pair.gateway.exchange(Gateway::welcome(9, 0, false));
  CHECK_TEXT(pair.gateway.exchange(offer(TOKEN)), "8318190100", "stored");
  CHECK_TEXT(memory, TOKEN, "in its memory");
  CHECK(!pair.device.isOnline());
  CHECK_TEXT(pair.gateway.after(1000), "8900016164071860f60083010900" + withToken(TOKEN), "comes back with it");
  pair.gateway.exchange(Gateway::welcome(9, 0, true));
  CHECK(pair.device.isOnline());
}

TEST("a device uses its token after a reset, and not a code that its sketch still has") {
  forget();
  memory = TOKEN;
  Pair pair("493817");
  CHECK_TEXT(pair.gateway.exchange(), HELLO + withToken(TOKEN), "hello with the token");
}

TEST("a device without a token comes with its pairing code, and not again with one that was refused") {
  forget();
  Pair pair("493817");
  CHECK_TEXT(pair.gateway.exchange(), std::string(HELLO) + WITH_CODE, "hello with the code");
  CHECK_TEXT(pair.gateway.exchange(WRONG), "", "refused");
  CHECK(pair.device.refusal() == Code::Credentials);
  CHECK_TEXT(pair.gateway.after(40000), std::string(HELLO) + WITHOUT, "without the code");
}

TEST("a device whose token is refused tries its code soon, and then the token again") {
  forget();
  memory = TOKEN;
  Pair pair("493817");
  pair.gateway.exchange();
  pair.gateway.exchange(WRONG);
  CHECK_TEXT(pair.gateway.after(1000), std::string(HELLO) + WITH_CODE, "the code");
  pair.gateway.exchange(WRONG);
  CHECK_TEXT(pair.gateway.after(40000), HELLO + withToken(TOKEN), "the token");
  pair.gateway.exchange(WRONG);
  CHECK_TEXT(pair.gateway.after(40000), HELLO + withToken(TOKEN), "and again");
}

TEST("a token that cannot be stored is answered with a code, and the device stays where it is") {
  forget();
  isBroken = true;
  Pair pair;
  pair.gateway.exchange();
  pair.gateway.exchange(Gateway::welcome(9, 0, false));
  CHECK_TEXT(pair.gateway.exchange(offer(TOKEN)), "83181901181b", "storage full");
  CHECK_TEXT(pair.gateway.exchange(offer(std::string(41, 'a'), "02")), "83181902181b", "too long");
  CHECK_TEXT(pair.gateway.exchange("83181903182a"), "", "no offer");
  CHECK(pair.device.isOnline());
}

TEST("what another sketch has left in the memory is no token") {
  for (const char *left : {"", "short", "with a blank in the middle",
                           "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"}) {
    forget();
    memory = left;
    Pair pair;
    CHECK_TEXT(pair.gateway.exchange(), std::string(HELLO) + WITHOUT, "hello");
  }
  forget();
  memory = std::string(40, 'a');
  struct Full {
    static bool load(char *token) {
      memset(token, 'a', MOST_TOKEN_BYTES + 1);
      return true;
    }
  };
  CrossComm<96, 64, 3> device;
  Gateway gateway(device);
  device.bootId(7);
  device.pair(Full::load, storeToken);
  device.begin("d", gateway.line);
  CHECK_TEXT(gateway.exchange(), std::string(HELLO) + WITHOUT, "without an end");
}

TEST("handlers of the connection are told beside a pairing, whichever was set first") {
  for (const bool isPairedFirst : {true, false}) {
    forget();
    CrossComm<96, 64, 3> device;
    Gateway gateway(device);
    if (isPairedFirst) device.pair(loadToken, storeToken);
    device.onConnect([] { seen += "connected;"; });
    device.onDisconnect([](const CrossCommDisconnect &) { seen += "disconnected;"; });
    if (!isPairedFirst) device.pair(loadToken, storeToken);
    device.begin("d", gateway.line);
    gateway.exchange();
    gateway.exchange(Gateway::welcome(9, 0, false));
    CHECK_TEXT(seen, "connected;", "connected");
    gateway.exchange(offer(TOKEN));
    CHECK_TEXT(seen, "connected;disconnected;", "comes back");
    // Given again, as a sketch may do that learns its code later.
    device.pair(loadToken, storeToken);
    gateway.after(1000);
    gateway.exchange(Gateway::welcome(9, 0, true));
    CHECK_TEXT(seen, "connected;disconnected;connected;", "and is there again");
    CHECK_TEXT(memory, TOKEN, "with its token");
  }
}
