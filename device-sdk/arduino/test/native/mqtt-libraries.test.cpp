// The links by ArduinoMqttClient and espMqttClient, with libraries of their interfaces, and the broker's end in reach.
#include <CrossCommArduinoMqtt.h>
#include <crosscomm/MqttEspMqttClient.h>

#include <deque>
#include <functional>

#include "check.h"
#include "gateway.h"

using namespace crosscomm;

namespace {

struct Packet {
  std::string topic;
  std::string payload;
};

/** Enough of Arduino's String. */
struct Text {
  std::string text;
  const char *c_str() const { return text.c_str(); }
};

class FakeArduinoMqtt {
 public:
  void setId(const char *value) { id = value; }
  void setUsernamePassword(const char *user, const char *password) { login = std::string(user) + "/" + password; }
  int connect(const char *host, uint16_t port) {
    connects++;
    server = std::string(host) + ":" + std::to_string(port);
    isUp = true;
    return 1;
  }
  int subscribe(const char *topic) {
    subscription = topic;
    return takesSubscriptions ? 1 : 0;
  }
  void stop() {
    stops++;
    isUp = false;
  }
  uint8_t connected() { return isUp ? 1 : 0; }
  int parseMessage() { return toDevice.empty() ? 0 : static_cast<int>(toDevice.front().payload.size()); }
  Text messageTopic() const { return Text{toDevice.front().topic}; }
  int read(uint8_t *bytes, size_t length) {
    const size_t count = length < readable ? length : readable;
    memcpy(bytes, toDevice.front().payload.data(), count);
    toDevice.pop_front();
    return static_cast<int>(count);
  }
  int beginMessage(const char *topic, unsigned long length) {
    if (!begins || !isUp) {
      isUp = false;
      return 0;
    }
    fromDevice.push_back(Packet{topic, ""});
    announced = length;
    return 1;
  }
  // A size_t must not be taken for this flag.
  int beginMessage(const char *topic, bool) = delete;
  size_t write(const uint8_t *bytes, size_t length) {
    const size_t taken = length < takesAtOnce ? length : takesAtOnce;
    fromDevice.back().payload.append(reinterpret_cast<const char *>(bytes), taken);
    return taken;
  }
  int endMessage() { return ends ? 1 : 0; }

  std::deque<Packet> toDevice;
  std::vector<Packet> fromDevice;
  std::string id, login, server, subscription;
  unsigned long announced = 0;
  int connects = 0, stops = 0;
  size_t readable = 100000, takesAtOnce = 100000;
  bool takesSubscriptions = true, begins = true, ends = true, isUp = false;
};

struct ArduinoMqtt {
  ArduinoMqtt() : transport(library, "gateway") {
    transport.begin("esp-1", bytes, sizeof bytes);
    transport.open(fakeMillis += 60000);
  }
  FakeArduinoMqtt library;
  CrossCommArduinoMqtt<256, FakeArduinoMqtt> transport;
  uint8_t bytes[66];
};

class FakeEspMqtt {
 public:
  struct Properties {};
  typedef std::function<void(const Properties &, const char *, const uint8_t *, size_t, size_t, size_t)> OnMessage;

  void setClientId(const char *value) { id = value; }
  void setCredentials(const char *user, const char *password) { login = std::string(user) + "/" + password; }
  void onMessage(OnMessage callback) { message = callback; }
  void connect() { isConnecting = true; }
  bool connected() const { return isUp; }
  bool disconnected() const { return !isUp && !isConnecting; }
  uint16_t subscribe(const char *topic, uint8_t) {
    subscription = topic;
    return takesSubscriptions ? 1 : 0;
  }
  uint16_t publish(const char *topic, uint8_t, bool, const uint8_t *payload, size_t length) {
    fromDevice.push_back(Packet{topic, std::string(reinterpret_cast<const char *>(payload), length)});
    return 1;
  }
  size_t queueSize() const { return queued; }
  void loop() {
    loops++;
    if (isConnecting) {
      isConnecting = false;
      isUp = true;
    }
    for (auto &give : toDevice) give();
    toDevice.clear();
  }
  /** Hands a message over in pieces, in the next loop(). */
  void say(const std::string &topic, const std::string &payload, size_t piece) {
    for (size_t at = 0; at < payload.size(); at += piece) {
      toDevice.push_back([=] {
        const std::string part = payload.substr(at, piece);
        message(Properties(), topic.c_str(), reinterpret_cast<const uint8_t *>(part.data()), part.size(), at,
                payload.size());
      });
    }
  }

  OnMessage message;
  std::vector<std::function<void()>> toDevice;
  std::vector<Packet> fromDevice;
  std::string id, login, subscription;
  size_t queued = 0;
  int loops = 0;
  bool takesSubscriptions = true, isConnecting = false, isUp = false;
};

struct EspMqtt {
  EspMqtt() : queue(bytes, sizeof bytes), link(library, queue) {
    link.connect("esp-1", "$frames/esp-1/down", 100);
    link.loop();
  }
  std::string taken() {
    std::string all;
    const uint8_t *frame = nullptr;
    while (const size_t length = queue.take(frame)) {
      all += (all.empty() ? "" : " ") + std::string(reinterpret_cast<const char *>(frame), length);
    }
    return all;
  }
  FakeEspMqtt library;
  uint8_t bytes[32];
  FrameQueue queue;
  EspMqttClientLink<FakeEspMqtt> link;
};

const char *const DOWN = "$frames/esp-1/down";
std::string other;

void send(Transport &transport, const std::string &payload) {
  transport.beginFrame(payload.size());
  for (char c : payload) transport.put(static_cast<uint8_t>(c));
  transport.endFrame();
}

std::string received(Transport &transport) {
  const uint8_t *frame = nullptr;
  const size_t length = transport.receive(frame);
  return std::string(reinterpret_cast<const char *>(frame), length);
}

}  // namespace

TEST("by ArduinoMqttClient a device connects under its id, and takes one message a turn") {
  ArduinoMqtt device;
  CHECK_TEXT(device.library.id, "esp-1", "client id");
  CHECK_TEXT(device.library.server, "gateway:1883", "server");
  CHECK_TEXT(device.library.subscription, DOWN, "topic");
  for (const char *text : {"one", "two"}) device.library.toDevice.push_back(Packet{DOWN, text});
  CHECK(device.transport.open(fakeMillis));
  CHECK(device.library.toDevice.size() == 1);
  CHECK_TEXT(received(device.transport), "one", "first");
  CHECK(device.transport.open(fakeMillis));
  CHECK_TEXT(received(device.transport), "two", "second");
  CHECK(device.transport.isHeldBack());
}

TEST("by ArduinoMqttClient a message of another topic is the sketch's own to read") {
  ArduinoMqtt device;
  static FakeArduinoMqtt *library;
  library = &device.library;
  device.transport.onMqtt([](int length) {
    uint8_t bytes[20];
    library->read(bytes, static_cast<size_t>(length));
    other = std::string(reinterpret_cast<char *>(bytes), static_cast<size_t>(length));
  });
  device.library.toDevice.push_back(Packet{"lamp", "on"});
  CHECK(device.transport.open(fakeMillis));
  CHECK_TEXT(other, "on", "the other message");
  CHECK(received(device.transport).empty());
}

TEST("by ArduinoMqttClient a frame that goes out in part is followed by nothing until it connects again") {
  struct Fault {
    bool begins, ends;
    size_t takesAtOnce;
  };
  for (const Fault &fault :
       {Fault{false, true, 9}, Fault{true, false, 9}, Fault{true, true, 3}, Fault{true, true, 4}}) {
    ArduinoMqtt device;
    device.library.begins = fault.begins;
    device.library.ends = fault.ends;
    device.library.takesAtOnce = fault.takesAtOnce;
    send(device.transport, "frame");
    const size_t sent = device.library.fromDevice.size();
    CHECK(device.transport.dropped() == 1);
    CHECK(!device.transport.open(fakeMillis));
    device.library.begins = device.library.ends = true;
    send(device.transport, "other");
    CHECK(device.library.fromDevice.size() == sent);
    CHECK(device.library.stops == 0);
    device.transport.open(fakeMillis += 60000);
    CHECK(device.library.connects == 2);
    CHECK(device.transport.open(fakeMillis));
  }
}

TEST("by ArduinoMqttClient a frame that comes in part ends the connection") {
  ArduinoMqtt device;
  device.library.readable = 2;
  device.library.toDevice.push_back(Packet{DOWN, "frame"});
  CHECK(!device.transport.open(fakeMillis));
}

TEST("by ArduinoMqttClient a frame is announced with its length, and a refused subscription is no connection") {
  ArduinoMqtt device;
  send(device.transport, "frame");
  CHECK(device.library.announced == 5);
  CHECK_TEXT(device.library.fromDevice[0].payload, "frame", "payload");
  device.library.stop();
  device.library.takesSubscriptions = false;
  device.transport.open(fakeMillis += 60000);
  CHECK(!device.library.isUp);
}

TEST("by espMqttClient a device is connected once it has subscribed, and connects again") {
  FakeEspMqtt library;
  uint8_t bytes[32];
  FrameQueue queue(bytes, sizeof bytes);
  EspMqttClientLink<FakeEspMqtt> link(library, queue);
  link.user = "ada";
  link.password = "secret";
  CHECK(!link.loop());
  for (int round = 0; round < 2; round++) {
    link.connect("esp-1", DOWN, 100);
    CHECK(library.isConnecting);
    library.takesSubscriptions = false;
    CHECK(!link.loop());
    library.takesSubscriptions = true;
    CHECK(link.loop());
    CHECK_TEXT(library.subscription, DOWN, "topic");
    library.isUp = false;
    CHECK(!link.loop());
  }
  CHECK_TEXT(library.login, "ada/secret", "credentials");
}

TEST("by espMqttClient frames that come in pieces are put together, however they are cut") {
  for (size_t piece = 1; piece < 8; piece++) {
    EspMqtt device;
    device.library.say(DOWN, "first", piece);
    device.library.say(DOWN, "2", piece);
    device.library.say(DOWN, "third", piece);
    CHECK(device.link.loop());
    CHECK_TEXT(device.taken(), "first 2 third", "frames");
  }
}

TEST("by espMqttClient a frame goes on where the rest of it comes after others were taken") {
  EspMqtt device;
  device.library.say(DOWN, "whole", 5);
  device.library.say(DOWN, "begun here", 5);
  auto rest = device.library.toDevice.back();
  device.library.toDevice.pop_back();
  device.link.loop();
  CHECK_TEXT(device.taken(), "whole", "before");
  device.library.toDevice.push_back(rest);
  device.library.say(DOWN, "next", 5);
  device.link.loop();
  CHECK_TEXT(device.taken(), "begun here next", "after");
}

TEST("by espMqttClient nothing more is read while frames wait to be taken") {
  EspMqtt device;
  device.library.say(DOWN, "waits", 5);
  device.link.loop();
  const int loops = device.library.loops;
  CHECK(device.link.loop());
  CHECK(device.library.loops == loops);
  CHECK_TEXT(device.taken(), "waits", "frame");
  device.link.loop();
  CHECK(device.library.loops == loops + 1);
}

TEST("by espMqttClient a frame for which there is no room is dropped whole and counted, and the next is taken") {
  EspMqtt device;
  device.library.say(DOWN, std::string(31, 'x'), 10);
  device.library.say(DOWN, "next", 2);
  device.link.loop();
  CHECK_TEXT(device.taken(), "next", "frames");
  CHECK(device.link.refused == 1);
}

TEST("by espMqttClient a frame begun by a connection that was lost is forgotten") {
  EspMqtt device;
  device.library.say(DOWN, "begun here", 5);
  device.library.toDevice.pop_back();
  device.link.loop();
  device.library.isUp = false;
  device.link.loop();
  device.link.connect("esp-1", DOWN, 100);
  device.library.say(DOWN, "new", 5);
  device.link.loop();
  CHECK_TEXT(device.taken(), "new", "frames");
}

TEST("by espMqttClient other topics are the sketch's own, in the pieces in which they come") {
  EspMqtt device;
  other.clear();
  device.link.onMqtt = [](const char *topic, const uint8_t *piece, size_t length, size_t index, size_t total) {
    other += std::string(topic) + "[" + std::to_string(index) + "/" + std::to_string(total) +
             "]=" + std::string(reinterpret_cast<const char *>(piece), length) + ";";
  };
  device.library.say("lamp", "switch", 4);
  device.link.loop();
  CHECK_TEXT(other, "lamp[0/6]=swit;lamp[4/6]=ch;", "the other message");
  CHECK(device.taken().empty());
}

TEST("by espMqttClient nothing is queued without a connection, nor more than a few messages") {
  EspMqtt device;
  const uint8_t payload[] = {1};
  CHECK(device.link.hasRoom());
  CHECK(device.link.publish("up", payload, 1));
  device.library.queued = 16;
  CHECK(!device.link.hasRoom());
  device.library.isUp = false;
  CHECK(!device.link.publish("up", payload, 1));
  CHECK(device.library.fromDevice.size() == 1);
}
