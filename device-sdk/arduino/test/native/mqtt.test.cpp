#include <CrossCommMqtt.h>

#include <deque>

#include "check.h"
#include "gateway.h"
#include "websocket.h"

using namespace crosscomm;

namespace {

struct Packet {
  std::string topic;
  std::string payload;
};

/** A library of PubSubClient's interface, with the broker's end in reach. */
class FakeLibrary {
 public:
  typedef void (*Callback)(char *, uint8_t *, unsigned int);

  uint16_t getBufferSize() const { return bufferSize; }
  bool setBufferSize(uint16_t size) {
    bufferSize = size;
    return true;
  }
  void setCallback(Callback value) { callback = value; }
  bool connect(const char *clientId, const char *user, const char *password) {
    connects++;
    id = clientId;
    login = std::string(user != nullptr ? user : "") + "/" + (password != nullptr ? password : "");
    isUp = accepts;
    return isUp;
  }
  bool subscribe(const char *topic) {
    subscription = topic;
    return takesSubscriptions;
  }
  void disconnect() {
    disconnects++;
    isUp = false;
  }
  bool loop() {
    if (!isUp) return false;
    while (!toDevice.empty()) {
      Packet packet = toDevice.front();
      toDevice.pop_front();
      std::vector<char> topic(packet.topic.begin(), packet.topic.end());
      topic.push_back(0);
      std::vector<uint8_t> payload(packet.payload.begin(), packet.payload.end());
      callback(topic.data(), payload.data(), static_cast<unsigned int>(payload.size()));
    }
    return true;
  }
  bool beginPublish(const char *topic, unsigned int length, bool retained) {
    if (!isUp || retained || !begins) return false;
    fromDevice.push_back(Packet{topic, ""});
    announced = length;
    return true;
  }
  size_t write(const uint8_t *bytes, size_t length) {
    const size_t taken = length < takesAtOnce ? length : takesAtOnce;
    fromDevice.back().payload.append(reinterpret_cast<const char *>(bytes), taken);
    return taken;
  }
  bool endPublish() { return ends; }

  Callback callback = nullptr;
  std::deque<Packet> toDevice;
  std::vector<Packet> fromDevice;
  std::string id;
  std::string login;
  std::string subscription;
  uint16_t bufferSize = 256;
  unsigned int announced = 0;
  size_t takesAtOnce = 100000;
  int connects = 0;
  int disconnects = 0;
  bool accepts = true;
  bool begins = true;
  bool ends = true;
  bool takesSubscriptions = true;
  bool isUp = false;
};

typedef CrossCommPubSubClient<256, FakeLibrary> Link;

void send(Transport &transport, const std::string &payload) {
  transport.beginFrame(payload.size());
  for (char c : payload) transport.put(static_cast<uint8_t>(c));
  transport.endFrame();
}

std::string received(Transport &transport) {
  std::string all;
  const uint8_t *frame = nullptr;
  while (const size_t length = transport.receive(frame)) all += (all.empty() ? "" : " ") + toHex(frame, length);
  return all;
}

std::string other;

}  // namespace

TEST("frames go by the topics of the device's id, which is the MQTT client's too") {
  FakeLibrary library;
  Link link(library);
  uint8_t bytes[66];
  link.begin("esp-1", bytes, sizeof bytes);
  link.credentials("ada", "secret");
  CHECK(!link.open(fakeMillis));
  CHECK(link.open(fakeMillis));
  CHECK_TEXT(library.id, "esp-1", "client id");
  CHECK_TEXT(library.login, "ada/secret", "credentials");
  CHECK_TEXT(library.subscription, "$frames/esp-1/down", "topic down");
  send(link, "frame");
  CHECK(library.fromDevice.size() == 1 && library.announced == 5);
  CHECK_TEXT(library.fromDevice[0].topic, "$frames/esp-1/up", "topic up");
  CHECK_TEXT(library.fromDevice[0].payload, "frame", "payload");
}

TEST("an id is percent-encoded in a topic where MQTT needs it") {
  FakeLibrary library;
  Link link(library);
  uint8_t bytes[66];
  link.begin("lab/+1#50%", bytes, sizeof bytes);
  link.open(fakeMillis);
  CHECK_TEXT(library.id, "lab/+1#50%", "client id");
  CHECK_TEXT(library.subscription, "$frames/lab%2F%2B1%2350%25/down", "topic down");
}

TEST("an id that makes the topic too long is told, and never tried") {
  FakeLibrary library;
  Link link(library);
  uint8_t bytes[66];
  const std::string id(CROSSCOMM_MAX_TOPIC, 'i');
  link.begin(id.c_str(), bytes, sizeof bytes);
  CHECK(link.isIdTooLong());
  CHECK(!link.open(fakeMillis));
  CHECK(library.connects == 0);
  for (size_t length = 1; length < CROSSCOMM_MAX_TOPIC; length++) {
    link.begin(id.c_str() + CROSSCOMM_MAX_TOPIC - length, bytes, sizeof bytes);
    library.isUp = false;
    link.open(fakeMillis += 60000);
  }
  CHECK(library.subscription.size() > CROSSCOMM_MAX_TOPIC - 8 && library.subscription.size() <= CROSSCOMM_MAX_TOPIC);
}

TEST("the library's buffer is made large enough for the largest frame with its topic, and never smaller") {
  FakeLibrary library;
  Link link(library);
  uint8_t bytes[1026];
  link.begin("esp-1", bytes, sizeof bytes);
  link.open(fakeMillis);
  CHECK(library.bufferSize >= 1024 + library.subscription.size() + 7);
  library.bufferSize = 4000;
  library.isUp = false;
  link.open(fakeMillis += 60000);
  CHECK(library.bufferSize == 4000);
}

TEST("several frames that come at once are all received, in their order; what has no room is dropped and counted") {
  FakeLibrary library;
  Link link(library);
  uint8_t bytes[22];
  link.begin("esp-1", bytes, sizeof bytes);
  link.open(fakeMillis);
  for (const char *text : {"one", "two", "three", "four", "", "5"}) {
    library.toDevice.push_back(Packet{"$frames/esp-1/down", text});
  }
  CHECK(link.open(fakeMillis));
  CHECK_TEXT(received(link), hexOf("one") + " " + hexOf("two") + " " + hexOf("three") + " " + hexOf("5"), "frames");
  CHECK(link.dropped() == 1);
  library.toDevice.push_back(Packet{"$frames/esp-1/down", std::string(20, 'x')});
  library.toDevice.push_back(Packet{"$frames/esp-1/down", "y"});
  CHECK(link.open(fakeMillis));
  CHECK_TEXT(received(link), hexOf(std::string(20, 'x')), "the largest frame");
  CHECK(link.dropped() == 2);
}

TEST("a frame that comes while another is read does not change it") {
  FakeLibrary library;
  Link link(library);
  uint8_t bytes[66];
  link.begin("esp-1", bytes, sizeof bytes);
  link.open(fakeMillis);
  library.toDevice.push_back(Packet{"$frames/esp-1/down", "first"});
  link.open(fakeMillis);
  const uint8_t *frame = nullptr;
  const size_t length = link.receive(frame);
  library.toDevice.push_back(Packet{"$frames/esp-1/down", "second"});
  library.loop();
  CHECK_TEXT(toHex(frame, length), hexOf("first"), "frame");
  CHECK_TEXT(received(link), hexOf("second"), "next frame");
}

TEST("messages of other topics are the sketch's own") {
  FakeLibrary library;
  Link link(library);
  uint8_t bytes[66];
  link.begin("esp-1", bytes, sizeof bytes);
  link.onMqtt([](char *topic, uint8_t *payload, unsigned int length) {
    other = std::string(topic) + "=" + std::string(reinterpret_cast<char *>(payload), length);
  });
  link.open(fakeMillis);
  library.toDevice.push_back(Packet{"lamp", "on"});
  library.toDevice.push_back(Packet{"$frames/esp-10/down", "x"});
  library.toDevice.push_back(Packet{"$frames/esp-1/down", "frame"});
  library.toDevice.push_back(Packet{"temperature", "21.5"});
  link.open(fakeMillis);
  CHECK_TEXT(received(link), hexOf("frame"), "frames");
  CHECK_TEXT(other, "temperature=21.5", "the other message");
}

TEST("a frame that the network took half of ends the connection") {
  FakeLibrary library;
  Link link(library);
  uint8_t bytes[66];
  link.begin("esp-1", bytes, sizeof bytes);
  link.open(fakeMillis);
  library.takesAtOnce = 3;
  send(link, "frame");
  CHECK(!library.isUp);
  CHECK(link.dropped() == 1);
}

TEST("a frame of which the library could not write the head, or not all in the end, ends the connection") {
  for (bool FakeLibrary::*fails : {&FakeLibrary::begins, &FakeLibrary::ends}) {
    FakeLibrary library;
    Link link(library);
    uint8_t bytes[66];
    link.begin("esp-1", bytes, sizeof bytes);
    link.open(fakeMillis);
    library.*fails = false;
    send(link, "frame");
    CHECK(!library.isUp);
    CHECK(link.dropped() == 1);
  }
}

TEST("a frame that the network took half of is followed by nothing, where the network client is known") {
  for (size_t taken : {3, 4}) {
    FakeLibrary library;
    FakeClient client;
    Link link(library, client);
    uint8_t bytes[66];
    link.begin("esp-1", bytes, sizeof bytes);
    link.open(fakeMillis);
    client.isUp = true;
    library.takesAtOnce = taken;
    send(link, "frame");
    CHECK(!client.isUp);
    CHECK(library.disconnects == 0);
    CHECK(link.dropped() == 1);
  }
}

TEST("a frame whose length the library cannot declare is not begun") {
  FakeLibrary library;
  CrossCommPubSubClient<70000, FakeLibrary> link(library);
  uint8_t bytes[66];
  link.begin("esp-1", bytes, sizeof bytes);
  link.open(fakeMillis);
  const size_t most = 65535 - 2 - strlen("$frames/esp-1/up");
  send(link, std::string(most, 'x'));
  CHECK(library.fromDevice.size() == 1 && library.announced == most);
  send(link, std::string(most + 1, 'x'));
  send(link, std::string(70000, 'x'));
  CHECK(library.fromDevice.size() == 1);
  CHECK(library.isUp);
  CHECK(link.dropped() == 2);
}

TEST("a frame that is larger than the buffer, or made while offline, is dropped and counted") {
  FakeLibrary library;
  Link link(library);
  uint8_t bytes[66];
  link.begin("esp-1", bytes, sizeof bytes);
  send(link, "offline");
  link.open(fakeMillis);
  send(link, std::string(257, 'x'));
  CHECK(link.dropped() == 2);
  CHECK(library.fromDevice.empty());
  send(link, std::string(256, 'x'));
  CHECK(library.fromDevice.size() == 1);
}

TEST("a broker that is away, or takes no subscription, is tried again after growing waits") {
  FakeLibrary library;
  Link link(library);
  uint8_t bytes[66];
  link.begin("esp-1", bytes, sizeof bytes);
  library.accepts = false;
  uint32_t lastMs = fakeMillis;
  link.open(fakeMillis);
  CHECK(library.connects == 1);
  for (int attempt = 2; attempt < 6; attempt++) {
    while (library.connects < attempt && fakeMillis - lastMs < 100000) link.open(++fakeMillis);
    CHECK(fakeMillis - lastMs >= (375U << (attempt - 2)) && fakeMillis - lastMs <= (625U << (attempt - 2)) + 1);
    lastMs = fakeMillis;
  }
  library.accepts = true;
  library.takesSubscriptions = false;
  link.open(fakeMillis += 60000);
  CHECK(!link.open(fakeMillis));
}

TEST("a device says Hello by MQTT, and again when the connection came back") {
  FakeLibrary library;
  Link link(library);
  CrossComm<> device;
  device.bootId(7);
  device.begin("esp-1", link);
  for (int round = 0; round < 2; round++) {
    fakeMillis += 5000;
    for (int i = 0; i < 3; i++) device.loop();
    CHECK(library.fromDevice.size() == 1);
    CHECK_TEXT(hexOf(library.fromDevice[0].payload).substr(0, 18), "880001656573702d31", "Hello");
    library.fromDevice.clear();
    library.toDevice.push_back(
        Packet{"$frames/esp-1/down", bytesOf(Gateway::welcome(static_cast<uint8_t>(9 + round), 0, false))});
    for (int i = 0; i < 3; i++) device.loop();
    CHECK(device.isOnline());
    library.isUp = false;
    device.loop();
    CHECK(!device.isOnline());
  }
}
