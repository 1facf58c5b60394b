#include "gateway.h"

using namespace crosscomm;

namespace {

std::string seen;
Core *current;
Stream *otherLine;

void rememberConnect() {
  CHECK(current->isOnline());
  seen += "connected;";
}

void rememberDisconnect(const CrossCommDisconnect &disconnect) {
  CHECK(!current->isOnline());
  seen += std::string(reinterpret_cast<const char *>(toText(disconnect.reason))) + " " +
          std::to_string(disconnect.code) + ";";
}

void rememberMessage(const CrossCommMessage &message) { seen += std::to_string(message.toInt()) + ";"; }

/** A device with the id `d`, the boot id 7 and both handlers, and its gateway. */
struct Pair {
  Pair() : gateway(device) {
    seen.clear();
    current = &device;
    device.bootId(7);
    device.onConnect(rememberConnect);
    device.onDisconnect(rememberDisconnect);
    device.begin("d", gateway.line);
  }
  ~Pair() { current = nullptr; }
  void meet(uint8_t session = 9) {
    gateway.after(40000);
    gateway.exchange(Gateway::welcome(session, 0, false));
    CHECK_TEXT(seen, "connected;", "connected");
    seen.clear();
  }
  CrossComm<96, 64, 3> device;
  Gateway gateway;
};

/** A link that knows whether it is there, as a WebSocket and MQTT do. */
class FakeLink final : public Transport {
 public:
  void begin(const char *, uint8_t *, size_t) override {}
  bool open(uint32_t) override { return isUp; }
  void close() override { closes++; }
  bool hasRoomFor(size_t) override { return true; }
  void beginFrame(size_t) override {}
  void put(uint8_t) override {}
  void endFrame() override {}
  size_t receive(const uint8_t *&frame) override {
    frame = bytes.data();
    const size_t length = isRead ? 0 : bytes.size();
    isRead = true;
    return length;
  }
  void bring(const std::string &hex) {
    bytes = fromHex(hex);
    isRead = false;
  }

  bool isUp = true;
  int closes = 0;

 private:
  std::vector<uint8_t> bytes;
  bool isRead = true;
};

/** An Error with that code, about nothing. */
std::string error(uint8_t code) { return "8302" + std::string(code < 24 ? "" : "18") + toHex(&code, 1) + "60"; }

}  // namespace

TEST("a sketch hears once that it is connected, before it hears of messages, and what it sends then is sent first") {
  Pair pair;
  pair.device.onMessage(rememberMessage);
  pair.device.onConnect([] {
    rememberConnect();
    current->send("t", 1);
  });
  pair.device.deliver("t", 2);
  pair.gateway.exchange();
  CHECK_TEXT(seen, "", "not yet");
  pair.gateway.send(Gateway::welcome(9, 0, false));
  pair.gateway.send("8408f603616a");
  CHECK_TEXT(pair.gateway.exchange(), "8308617401 8309018308617402", "what was sent");
  CHECK_TEXT(seen, "connected;3;", "in this order");
  pair.gateway.exchange(Gateway::welcome(9, 0, false));
  CHECK_TEXT(seen, "connected;3;", "the same session again is no connection");
}

TEST("a sketch hears that nothing came for half a minute, and that it is connected again") {
  Pair pair;
  pair.meet();
  pair.gateway.after(29000);
  CHECK_TEXT(seen, "", "still connected");
  pair.gateway.after(1000);
  CHECK_TEXT(seen, "no answer from the gateway 0;", "the reason");
  pair.gateway.after(1000);
  CHECK_TEXT(seen, "no answer from the gateway 0;", "once");
  seen.clear();
  pair.meet();
}

TEST("a sketch hears that what it delivered was not acknowledged in eight tries") {
  Pair pair;
  pair.meet();
  pair.device.deliver("t", 1);
  for (int i = 0; i < 60 && seen.empty(); i++) {
    pair.gateway.send("820400");
    pair.gateway.after(1000);
  }
  CHECK_TEXT(seen, "no answer from the gateway 0;", "the reason");
  seen.clear();
  pair.meet(10);
  pair.gateway.exchange("820303");
  CHECK_TEXT(seen, "the gateway stops 0;", "the tries of before are forgotten");
}

TEST("a sketch hears what the gateway gives as the reason of its Goodbye") {
  const char *const reasons[] = {"the gateway ended the session",          "the gateway ended the session",
                                 "another connection has this id",         "the gateway stops",
                                 "the gateway heard nothing for too long", "too much that the gateway cannot take"};
  for (uint8_t reason = 0; reason < 6; reason++) {
    Pair pair;
    pair.meet();
    pair.gateway.exchange("8203" + toHex(&reason, 1));
    CHECK_TEXT(seen, std::string(reasons[reason]) + " 0;", "the reason");
  }
}

TEST("a sketch hears that the gateway has lost the session, with the code where it gave one") {
  for (const uint8_t code : std::vector<uint8_t>{8, 13}) {
    Pair pair;
    pair.meet();
    pair.gateway.exchange(error(code));
    CHECK_TEXT(seen, "the gateway does not know the session " + std::to_string(code) + ";", "the reason");
  }
  Pair pair;
  pair.device.deliver("t", 1);
  pair.meet();
  pair.gateway.exchange("820a05");
  CHECK_TEXT(seen, "the gateway does not know the session 0;", "an acknowledgement of what was never sent");
}

TEST("a sketch hears that it is refused, online and before, once each time, and not of other errors") {
  for (const uint8_t code : std::vector<uint8_t>{1, 4, 5, 6}) {
    Pair pair;
    pair.gateway.exchange();
    pair.gateway.exchange(error(code));
    CHECK_TEXT(seen, "refused by the gateway " + std::to_string(code) + ";", "before it was connected");
    CHECK(pair.device.refusal() == code);
    pair.gateway.after(20000);
    CHECK_TEXT(seen, "refused by the gateway " + std::to_string(code) + ";", "once");
  }
  Pair pair;
  pair.meet();
  pair.gateway.exchange(error(15));
  CHECK_TEXT(seen, "", "too fast");
  pair.gateway.exchange(error(5));
  CHECK_TEXT(seen, "refused by the gateway 5;", "another device has the id");
  pair.gateway.after(40000);
  pair.gateway.exchange(error(5));
  CHECK_TEXT(seen, "refused by the gateway 5;refused by the gateway 5;", "each time");
  seen.clear();
  pair.meet();
}

TEST("a link that is lost while the device is refused is no news") {
  Pair pair;
  pair.gateway.exchange();
  pair.gateway.exchange(error(5));
  seen.clear();
  pair.device.end();
  CHECK_TEXT(seen, "", "it was not connected");
}

TEST("a sketch hears that a link is lost that can tell, at once, and whatever came by it before") {
  Pair pair;
  FakeLink link;
  pair.device.begin("d", link);
  pair.device.loop();
  link.isUp = false;
  pair.device.loop();
  CHECK_TEXT(seen, "", "it was not connected");
  for (const std::string &last : {std::string("820400"), error(15)}) {
    link.isUp = true;
    pair.gateway.after(1000);
    link.bring(Gateway::welcome(9, 0, false));
    pair.device.loop();
    link.bring(last);
    pair.device.loop();
    link.isUp = false;
    pair.device.loop();
    CHECK_TEXT(seen, "connected;connection lost 0;", "the reason");
    seen.clear();
  }
}

TEST("a sketch hears of its own end() at once, and of begin() with another link") {
  Pair pair;
  pair.meet();
  pair.device.end();
  CHECK_TEXT(seen, "ended by the sketch 0;", "end()");
  pair.device.end();
  CHECK_TEXT(seen, "ended by the sketch 0;", "once");
  seen.clear();
  pair.device.begin("d", pair.gateway.line);
  pair.meet();
  FakeLine other;
  pair.device.begin("d", other);
  pair.device.loop();
  CHECK_TEXT(seen, "ended by the sketch 0;", "begin()");
  pair.device.begin("d", pair.gateway.line);
  pair.device.loop();
  CHECK_TEXT(seen, "ended by the sketch 0;", "it was not connected by the other one");
}

TEST("a handler may end the session: then it stays ended, and the message that came is not for the sketch") {
  Pair pair;
  pair.device.onMessage(rememberMessage);
  pair.device.onConnect([] { current->end(); });
  pair.gateway.exchange();
  pair.gateway.send(Gateway::welcome(9, 0, false));
  pair.gateway.send("8408f603616a");
  pair.device.loop();
  CHECK_TEXT(seen, "ended by the sketch 0;", "no message");
  CHECK_TEXT(pair.gateway.after(60000), "820300", "goodbye, and no more");

  Pair second;
  second.device.onDisconnect([](const CrossCommDisconnect &) { current->end(); });
  second.meet();
  second.gateway.exchange("820303");
  CHECK_TEXT(second.gateway.after(60000), "", "no Hello");
}

TEST("a handler may begin anew: with another id where the gateway does not take this one, or with another link") {
  Pair pair;
  pair.device.onDisconnect([](const CrossCommDisconnect &disconnect) {
    CHECK(disconnect.reason == CrossCommReason::Refused && disconnect.code == Code::IdInvalid);
    current->begin("e", *otherLine);
  });
  otherLine = &pair.gateway.line;
  pair.gateway.exchange();
  const std::string sent = pair.gateway.exchange(error(4));
  CHECK_TEXT(sent.substr(0, 10), "8800016165", "Hello by the other id, at once");
  pair.gateway.exchange(Gateway::welcome(9, 0, false));
  CHECK(pair.device.isOnline());

  Pair second;
  FakeLine other;
  otherLine = &other;
  second.device.onDisconnect([](const CrossCommDisconnect &) { current->begin("d", *otherLine); });
  second.meet();
  second.gateway.exchange("820303");
  CHECK_TEXT(second.gateway.after(10000), "", "nothing by the first link");
  CHECK(!other.fromDevice.empty());
}

TEST("either handler may be there without the other, or taken back") {
  Pair pair;
  pair.device.onConnect(nullptr);
  pair.gateway.exchange();
  pair.gateway.exchange(Gateway::welcome(9, 0, false));
  pair.gateway.exchange("820303");
  CHECK_TEXT(seen, "the gateway stops 0;", "without onConnect()");
  pair.device.onDisconnect(nullptr);
  pair.device.onConnect(rememberConnect);
  seen.clear();
  pair.meet();
  pair.gateway.exchange("820303");
  CHECK_TEXT(seen, "", "without onDisconnect()");
}

TEST("of two devices in a program the last that asked is told") {
  Pair first;
  {
    Pair second;
    second.meet();
    current = &first.device;
    first.gateway.exchange();
    first.gateway.exchange(Gateway::welcome(9, 0, false));
    CHECK_TEXT(seen, "", "not the first");
  }
}
