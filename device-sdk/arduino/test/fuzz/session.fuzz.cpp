// A whole device, by a script: what comes by its serial line, how the time goes, and what the sketch does. Whatever that
// is, what the device sends are frames, and their numbers have no gaps.

#include <CrossComm.h>
#include <stdio.h>
#include <stdlib.h>

#include <deque>
#include <memory>
#include <vector>

using namespace crosscomm;

uint32_t fakeMillis = 0;

namespace {

const char *const KEYS[] = {"temperature", "humidity", "k"};
const char *const NAMES[] = {"a", "lamp", "lab/room1", "d", ""};

void require(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "%s\n", what);
  abort();
}

struct Line : Stream {
  size_t write(uint8_t byte) override {
    fromDevice.push_back(byte);
    return 1;
  }
  int availableForWrite() override { return room; }
  int available() override { return static_cast<int>(toDevice.size()); }
  int read() override {
    if (toDevice.empty()) return -1;
    const uint8_t byte = toDevice.front();
    toDevice.pop_front();
    return byte;
  }
  std::deque<uint8_t> toDevice;
  std::vector<uint8_t> fromDevice;
  int room = 0;
};

/** The fuzzer's bytes, one after the other; zeros at their end. */
struct Script {
  uint8_t next() { return left > 0 ? (left--, *at++) : 0; }
  const uint8_t *at;
  size_t left;
};

char token[MOST_TOKEN_BYTES + 1];

bool loadToken(char *into) {
  memcpy(into, token, sizeof token);
  return token[0] != 0;
}

bool storeToken(const char *from) {
  require(strlen(from) <= MOST_TOKEN_BYTES, "a token is too long");
  memcpy(token, from, strlen(from) + 1);
  return true;
}

struct Device;
Device *current;

struct Device {
  CrossCommVariable<float> level{"lab/room1", "k"};
  CrossComm<64, 96, 4> cc;
  Line line;
  Script script;
  SlipDecoder decoder;
  uint8_t received[4096];
  uint32_t highest = 0;
  uint8_t sum = 0;
  bool isConnected = false;

  explicit Device(const uint8_t *bytes, size_t length) : script{bytes, length} {
    current = this;
    token[0] = 0;
    decoder.useBuffer(received, sizeof received);
    cc.bootId(7);
    cc.onError([](const CrossCommError &error) { error.text.size(); });
    cc.onMessage(onMessage);
    const uint8_t options = script.next();
    if (options & 1) cc.keys(KEYS);
    if (options & 2) cc.onReceipt([](uint32_t, uint32_t, uint16_t) {});
    if ((options & 4) && (options & 1)) cc.pair(loadToken, storeToken, "123456");
    else if (options & 4) cc.credentials("user", "password");
    if (options & 8) cc.offer("f", onCall);
    if (options & 16) line.room = 20;
    if (options & 32) cc.variable(level);
    if (options & 64) cc.onFile(onFile);
    if (options & 128) {
      cc.onConnect(onConnect);
      cc.onDisconnect(onDisconnect);
    }
    cc.begin("d", line);
  }

  static void onConnect() {
    require(!current->isConnected && current->cc.isOnline(), "it was connected already");
    current->isConnected = true;
    if ((current->script.left & 7) == 3) current->cc.end();
  }
  static void onDisconnect(const CrossCommDisconnect &disconnect) {
    require(current->isConnected || disconnect.reason == CrossCommReason::Refused, "it was not connected");
    require(!current->cc.isOnline(), "it still is online");
    current->isConnected = false;
    if ((current->script.left & 7) == 5) current->cc.begin("e", current->line);
    if ((current->script.left & 7) == 2) current->cc.end();
  }

  static void onMessage(const CrossCommMessage &message) {
    char from[8];
    message.from.copyText(from, sizeof from);
    if (message["k"].toBool()) current->cc.loop();
    if (message.toBool()) current->act(static_cast<uint8_t>(message.toInt()));
  }
  static void onCall(const CrossCommCall &call, CrossCommBuilder &reply) {
    if (call.args["k"].toInt() == 1) current->cc.deliver("a", 1);
    reply.field("r", call.args["x"].toFloat());
  }
  static void onFile(CrossCommFile &file) {
    if (file.isChunk()) require(file.offset + file.length <= file.size, "a chunk is beyond the file's end");
    for (size_t i = 0; i < file.length; i++) current->sum = static_cast<uint8_t>(current->sum + file.bytes[i]);
    if (file.isOffered() && file.name.equals("k")) file.asImage(9, 0, CrossCommFormat::Mono);
    if (file.name.size() == 2 || current->sum == 7) file.cancel();
    if (file.isOver() && file.code == 24) current->cc.fetchFile("a");
  }

  void act(uint8_t what) {
    const char *const name = NAMES[(what >> 4) % 5];
    switch (what & 15) {
      case 0: cc.on(name, onMessage); break;
      case 1: cc.channel(name); break;
      case 2: cc.send(name, 21.5); break;
      case 3: cc.deliver(name, static_cast<long>(what) * 1000); break;
      case 4: cc.message(name).field("temperature", 21.3f).field("x", true).deliver(); break;
      case 5: cc.message(name).beginArray().add(1).beginMap().key("k").add("text").send(); break;
      case 6:
        cc.call(name, "f", [](const CrossCommReply &reply) { reply.value["x"].toInt(); }).field("k", 1).deliver();
        break;
      case 7: cc.log("line"); break;
      case 8: cc.offer(name, onCall); break;
      case 9: line.room = what >> 2; break;
      case 10:
        if (what > 0xF0) cc.end(true);
        else cc.off(name);
        break;
      case 11: cc.deliver(name, "a text that is longer than most of what fits into the outbox"); break;
      case 12: cc.listClients([](const CrossCommClients &clients) { clients.id(0).size(); }); break;
      case 13: level = what; break;
      case 14: cc.fetchImage(name, what, 8, CrossCommFormat::Rgb565); break;
      default: cc.loop();
    }
  }

  /** Reads what the device wrote. */
  void hear() {
    for (const uint8_t byte : line.fromDevice) {
      if (decoder.push(byte) != SlipDecoder::Event::Frame) continue;
      std::unique_ptr<uint8_t[]> exact(new uint8_t[decoder.length()]);
      memcpy(exact.get(), decoder.frame(), decoder.length());
      Frame frame;
      require(checkFrame(exact.get(), decoder.length(), sizeof received, frame) == Result::Ok, "no frame was sent");
      if (!frame.isSequenced()) continue;
      const uint32_t number = frame.sequenceNumber();
      // A Welcome may tell of an earlier start, whose numbers go on.
      const uint32_t acknowledged = cc.lastNumber() - cc.undelivered();
      require(number <= highest + 1 || number <= acknowledged + 1, "a number was left out");
      if (number > highest) highest = number;
    }
    line.fromDevice.clear();
  }

  /** Bytes of the script as a frame whose checksum is right. */
  void frame(uint8_t length) {
    struct Out : Print {
      explicit Out(std::deque<uint8_t> &to) : to(to) {}
      size_t write(uint8_t byte) override {
        to.push_back(byte);
        return 1;
      }
      std::deque<uint8_t> &to;
    } out(line.toDevice);
    SlipEncoder encoder;
    encoder.begin(out);
    for (; length > 0; length--) encoder.put(script.next());
    encoder.end();
  }

  void run() {
    while (script.left > 0) {
      const uint8_t step = script.next();
      if (step < 0x60) {
        frame(step);
      } else if (step < 0x70) {
        for (uint8_t left = step & 15; left > 0; left--) line.toDevice.push_back(script.next());
      } else if (step < 0xA0) {
        fakeMillis += static_cast<uint32_t>(step & 31) << (script.next() & 15);
      } else {
        act(script.next());
      }
      // Each loop() takes one frame at most.
      for (int i = 0; i < 4; i++) cc.loop();
      hear();
      require(cc.undelivered() < 50, "more is kept than there is room for");
      cc.time();
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  fakeMillis = 0xFFFF0000;
  std::unique_ptr<Device> device(new Device(bytes, length));
  device->run();
  return 0;
}
