// A WebSocket server that a test plays by hand, and a network that does what the test says.
#pragma once

#include <CrossCommWebSocket.h>

#include <deque>

#include "check.h"
#include "gateway.h"

using namespace crosscomm;

namespace {

/** So long a lost connection may look like an idle one. */
const uint32_t ASKED_EVERY_MS = 256;

/** The network, with the server's end in reach: what it takes, how much at once, and when it breaks. */
class FakeClient : public Client {
 public:
  int connect(const char *host, uint16_t port) override {
    connects++;
    address = std::string(host) + ":" + std::to_string(port);
    fakeMillis += connectTakesMs;
    isUp = accepts;
    toDevice.clear();
    fromDevice.clear();
    return accepts ? 1 : 0;
  }
  size_t write(uint8_t byte) override { return write(&byte, 1); }
  size_t write(const uint8_t *bytes, size_t length) override {
    if (!isUp) return 0;
    const size_t taken = length < takesAtOnce ? length : takesAtOnce;
    fromDevice.append(reinterpret_cast<const char *>(bytes), taken);
    return taken;
  }
  int availableForWrite() override { return room; }
  int available() override {
    availables++;
    return static_cast<int>(toDevice.size());
  }
  int read() override {
    if (toDevice.empty()) return -1;
    const char byte = toDevice.front();
    toDevice.erase(0, 1);
    return static_cast<uint8_t>(byte);
  }
  int read(uint8_t *bytes, size_t length) override {
    const size_t count = length < toDevice.size() ? length : toDevice.size();
    memcpy(bytes, toDevice.data(), count);
    toDevice.erase(0, count);
    return static_cast<int>(count);
  }
  void stop() override {
    if (isUp) stops++;
    isUp = false;
    toDevice.clear();
  }
  // Not all clients count what is still to be read.
  uint8_t connected() override {
    connecteds++;
    return isUp;
  }

  std::string address;
  std::string toDevice;
  std::string fromDevice;
  size_t takesAtOnce = 100000;
  int room = 0;
  uint32_t connectTakesMs = 0;
  int connects = 0;
  int stops = 0;
  int availables = 0;
  int connecteds = 0;
  bool accepts = true;
  bool isUp = false;
};

/** The value of a request's header. */
inline std::string header(const std::string &request, const std::string &name) {
  const size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const size_t from = at + name.size() + 4;
  return request.substr(from, request.find("\r\n", from) - from);
}

inline std::string acceptFor(std::string key) {
  key.resize(WEBSOCKET_KEY_LENGTH);
  char accept[WEBSOCKET_ACCEPT_LENGTH + 1];
  webSocketAccept(key.c_str(), accept);
  return accept;
}

inline std::string rightAnswer(const std::string &request) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         acceptFor(header(request, "Sec-WebSocket-Key")) + "\r\n\r\n";
}

/** A frame as a server sends it. */
inline std::string serverFrame(uint8_t head, const std::string &payload) {
  std::string frame(1, static_cast<char>(head));
  if (payload.size() < 126) {
    frame += static_cast<char>(payload.size());
  } else if (payload.size() < 65536) {
    frame += static_cast<char>(126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size());
  } else {
    frame += static_cast<char>(127);
    const uint64_t size = payload.size();
    for (int shift = 56; shift >= 0; shift -= 8) frame += static_cast<char>(size >> shift);
  }
  return frame + payload;
}
inline std::string binary(const std::string &payload) { return serverFrame(0x82, payload); }

inline std::string hexOf(const std::string &bytes) {
  return toHex(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
}
inline std::string bytesOf(const std::string &hex) {
  const std::vector<uint8_t> bytes = fromHex(hex);
  return std::string(bytes.begin(), bytes.end());
}

/** What a device sent, unmasked: for each an opcode and the payload in hexadecimal; "?" for what is no frame. */
inline std::string clientFrames(const std::string &bytes) {
  std::string frames;
  size_t at = 0;
  while (at < bytes.size()) {
    if (at + 2 > bytes.size()) return frames + "?";
    const uint8_t head = static_cast<uint8_t>(bytes[at]);
    const uint8_t second = static_cast<uint8_t>(bytes[at + 1]);
    if ((head & 0xF0) != 0x80 || (second & 0x80) == 0) return frames + "?";
    size_t length = second & 0x7F;
    at += 2;
    const int lengthBytes = length == 127 ? 8 : length == 126 ? 2 : 0;
    if (lengthBytes > 0) length = 0;
    for (int i = 0; i < lengthBytes; i++) length = length << 8 | static_cast<uint8_t>(bytes[at++]);
    if (at + 4 + length > bytes.size()) return frames + "?";
    const std::string mask = bytes.substr(at, 4);
    std::string payload = bytes.substr(at + 4, length);
    for (size_t i = 0; i < length; i++) payload[i] = static_cast<char>(payload[i] ^ mask[i & 3]);
    at += 4 + length;
    frames += (frames.empty() ? "" : " ") + std::to_string(head & 15) + ":" + hexOf(payload);
  }
  return frames;
}

/** A transport with its client, and a buffer for what comes. */
template <size_t MaxFrame = 64, size_t Buffer = 256>
struct Fixture {
  Fixture() : transport(client, "gateway.local", 9898) { transport.begin("esp-1", bytes, sizeof bytes); }

  /** Opens the WebSocket: true if it is open then. */
  bool shakeHands() {
    transport.open(fakeMillis);
    const std::string request = client.fromDevice;
    client.fromDevice.clear();
    client.toDevice += rightAnswer(request);
    return transport.open(fakeMillis);
  }
  void send(const std::string &payload) {
    transport.beginFrame(payload.size());
    for (char c : payload) transport.put(static_cast<uint8_t>(c));
    transport.endFrame();
  }
  /** All messages that came, in hexadecimal with blanks between. */
  std::string received() {
    std::string all;
    for (int i = 0; i < 100 && transport.open(fakeMillis); i++) {
      const uint8_t *frame = nullptr;
      const size_t length = transport.receive(frame);
      if (length > 0) all += (all.empty() ? "" : " ") + toHex(frame, length);
    }
    return all;
  }
  std::string sent() {
    const std::string frames = clientFrames(client.fromDevice);
    client.fromDevice.clear();
    return frames;
  }

  FakeClient client;
  uint8_t bytes[MaxFrame + 2];
  CrossCommWebSocket<Buffer> transport;
};

}  // namespace
