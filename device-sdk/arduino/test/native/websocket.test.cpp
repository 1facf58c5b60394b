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
std::string header(const std::string &request, const std::string &name) {
  const size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const size_t from = at + name.size() + 4;
  return request.substr(from, request.find("\r\n", from) - from);
}

std::string acceptFor(std::string key) {
  key.resize(WEBSOCKET_KEY_LENGTH);
  char accept[WEBSOCKET_ACCEPT_LENGTH + 1];
  webSocketAccept(key.c_str(), accept);
  return accept;
}

std::string rightAnswer(const std::string &request) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         acceptFor(header(request, "Sec-WebSocket-Key")) + "\r\n\r\n";
}

/** A frame as a server sends it. */
std::string serverFrame(uint8_t head, const std::string &payload) {
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
std::string binary(const std::string &payload) { return serverFrame(0x82, payload); }

std::string hexOf(const std::string &bytes) {
  return toHex(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
}
std::string bytesOf(const std::string &hex) {
  const std::vector<uint8_t> bytes = fromHex(hex);
  return std::string(bytes.begin(), bytes.end());
}

/** What a device sent, unmasked: for each an opcode and the payload in hexadecimal; "?" for what is no frame. */
std::string clientFrames(const std::string &bytes) {
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

TEST("the accept of a key is that of RFC 6455, and a key is the base64 of 16 bytes") {
  CHECK_TEXT(acceptFor("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "section 1.3");
  CHECK_TEXT(acceptFor("AQIDBAUGBwgJCgsMDQ4PEC=="), "OfS0wDaT5NoxF2gqm7Zj2YtetzM=", "another key");
  char key[WEBSOCKET_KEY_LENGTH + 1];
  webSocketKey(reinterpret_cast<const uint8_t *>("the sample nonce"), key);
  CHECK_TEXT(key, "dGhlIHNhbXBsZSBub25jZQ==", "key");
}

TEST("a WebSocket is asked for as RFC 6455 says, each time with another key") {
  Fixture<> fixture;
  CHECK(!fixture.transport.open(fakeMillis));
  const std::string request = fixture.client.fromDevice;
  CHECK_TEXT(fixture.client.address, "gateway.local:9898", "address");
  CHECK_TEXT(request.substr(0, request.find("\r\n")), "GET / HTTP/1.1", "request line");
  CHECK_TEXT(header(request, "Host"), "gateway.local:9898", "Host");
  CHECK_TEXT(header(request, "Upgrade"), "websocket", "Upgrade");
  CHECK_TEXT(header(request, "Connection"), "Upgrade", "Connection");
  CHECK_TEXT(header(request, "Sec-WebSocket-Version"), "13", "version");
  CHECK(header(request, "Sec-WebSocket-Key").size() == WEBSOCKET_KEY_LENGTH);
  CHECK(request.size() > 4 && request.substr(request.size() - 4) == "\r\n\r\n");
  fixture.client.isUp = false;
  fixture.transport.open(fakeMillis += 10000);
  fixture.transport.open(fakeMillis += 60000);
  CHECK(header(fixture.client.fromDevice, "Sec-WebSocket-Key") != header(request, "Sec-WebSocket-Key"));
}

TEST("an answer split at every byte opens the WebSocket, and what follows it is not lost") {
  Fixture<> first;
  first.transport.open(fakeMillis);
  const size_t length = rightAnswer(first.client.fromDevice).size();
  for (size_t split = 0; split <= length; split++) {
    Fixture<> fixture;
    fixture.transport.open(fakeMillis);
    const std::string answer = rightAnswer(fixture.client.fromDevice) + binary("\x81\x04");
    fixture.client.toDevice = answer.substr(0, split);
    CHECK(fixture.transport.open(fakeMillis) == (split >= length));
    fixture.client.toDevice += answer.substr(split);
    CHECK(fixture.transport.open(fakeMillis));
    CHECK_TEXT(fixture.received(), "8104", "frame behind the answer");
    CHECK(fixture.transport.fault() == WebSocketFault::None);
    CHECK(fixture.transport.status() == 101);
  }
}

TEST("headers in letters of any case, in any order and with others between are understood") {
  Fixture<> fixture;
  fixture.transport.open(fakeMillis);
  const std::string accept = acceptFor(header(fixture.client.fromDevice, "Sec-WebSocket-Key"));
  fixture.client.toDevice = "HTTP/1.1 101\r\nserver: " + std::string(300, 'x') + "\r\nSEC-WEBSOCKET-ACCEPT:" + accept +
                            "\r\nconnection: keep-alive, UPGRADE\r\nUpgrade: WebSocket\r\n\r\n";
  CHECK(fixture.transport.open(fakeMillis));
}

TEST("what is no right answer opens no WebSocket, says why, and ends the connection") {
  struct Case {
    const char *why;
    const char *answer;
    WebSocketFault fault;
    uint16_t status;
  };
  const Case cases[] = {
      {"not found", "HTTP/1.1 404 Not Found\r\n", WebSocketFault::Refused, 404},
      {"unauthorized", "HTTP/1.1 401 Unauthorized\r\n", WebSocketFault::Refused, 401},
      {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", WebSocketFault::Refused, 0},
      {"no HTTP version", "HTTP/1.0 101 Yes\r\n", WebSocketFault::Refused, 0},
      {"no status", "HTTP/1.1 \r\n", WebSocketFault::Refused, 0},
      {"status with too many digits", "HTTP/1.1 1010101010101010101\r\n", WebSocketFault::Refused, 1010},
      {"no upgrade", "HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: KEY\r\n\r\n",
       WebSocketFault::Refused, 101},
      {"no connection", "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: KEY\r\n\r\n",
       WebSocketFault::Refused, 101},
      {"no accept", "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
       WebSocketFault::WrongAccept, 101},
      {"another's accept",
       "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
       "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
       WebSocketFault::WrongAccept, 101},
      {"accept and more",
       "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: KEY=\r\n\r\n",
       WebSocketFault::WrongAccept, 101},
      {"an extension nobody asked for",
       "HTTP/1.1 101 Yes\r\nSec-WebSocket-Extensions: permessage-deflate\r\nUpgrade: websocket\r\n",
       WebSocketFault::Refused, 101},
      {"a subprotocol nobody asked for", "HTTP/1.1 101 Yes\r\nSec-WebSocket-Protocol: mqtt\r\n",
       WebSocketFault::Refused, 101},
  };
  for (const Case &one : cases) {
    Fixture<> fixture;
    fixture.transport.open(fakeMillis);
    std::string answer = one.answer;
    const size_t key = answer.find("KEY");
    if (key != std::string::npos) {
      answer.replace(key, 3, acceptFor(header(fixture.client.fromDevice, "Sec-WebSocket-Key")));
    }
    fixture.client.toDevice = answer;
    CHECK(!fixture.transport.open(fakeMillis));
    CHECK_TEXT(std::to_string(static_cast<int>(fixture.transport.fault())), std::to_string(static_cast<int>(one.fault)),
               one.why);
    CHECK_TEXT(std::to_string(fixture.transport.status()), std::to_string(one.status), one.why);
    CHECK(!fixture.client.isUp);
  }
}

TEST("a server that says hello for ever, or nothing at all, is left") {
  Fixture<> endless;
  endless.transport.open(fakeMillis);
  endless.client.toDevice = "HTTP/1.1 101 Yes\r\n";
  for (int i = 0; i < 1000; i++) endless.client.toDevice += "X-More: 1\r\n";
  CHECK(!endless.transport.open(fakeMillis));
  CHECK(endless.transport.fault() == WebSocketFault::Refused);

  Fixture<> silent;
  silent.transport.open(fakeMillis);
  silent.transport.open(fakeMillis += 9999);
  CHECK(silent.client.isUp);
  silent.transport.open(++fakeMillis);
  CHECK(!silent.client.isUp);
  CHECK(silent.transport.fault() == WebSocketFault::NoAnswer);

  Fixture<> gone;
  gone.transport.open(fakeMillis);
  gone.client.isUp = false;
  CHECK(!gone.transport.open(fakeMillis));
  CHECK(gone.transport.fault() == WebSocketFault::Closed);
}

TEST("attempts come at once, after half a second, and then after waits that double up to half a minute") {
  Fixture<> fixture;
  fixture.client.accepts = false;
  uint32_t least = 375, most = 625, lastMs = 0;
  fixture.transport.open(fakeMillis);
  CHECK(fixture.client.connects == 1);
  for (int attempt = 2; attempt < 12; attempt++) {
    while (fixture.client.connects < attempt && fakeMillis - lastMs < 100000) fixture.transport.open(++fakeMillis);
    CHECK(fakeMillis - lastMs >= least && fakeMillis - lastMs <= most + 1);
    lastMs = fakeMillis;
    least = least * 2 > 22500 ? 22500 : least * 2;
    most = most * 2 > 37500 ? 37500 : most * 2;
  }
  CHECK(fixture.transport.fault() == WebSocketFault::NotConnected);
}

TEST("the wait begins when an attempt ends, however long the client took for it") {
  Fixture<> fixture;
  fixture.client.accepts = false;
  fixture.client.connectTakesMs = 3000;
  fixture.transport.open(fakeMillis);
  fixture.transport.open(fakeMillis);
  CHECK(fixture.client.connects == 1);
}

TEST("a link that has worked is tried for again at once, one that never brought a frame is not") {
  Fixture<> fixture;
  for (int round = 0; round < 5; round++) {
    CHECK(fixture.shakeHands());
    fixture.client.isUp = false;
    fakeMillis += ASKED_EVERY_MS;
    CHECK(!fixture.transport.open(fakeMillis));
    fakeMillis += (375U << round) - ASKED_EVERY_MS;
    fakeMillis--;
    fixture.transport.open(fakeMillis);
    CHECK(fixture.client.connects == round + 1);
    fakeMillis += 60000;
  }
  CHECK(fixture.shakeHands());
  fixture.client.toDevice = binary("\x81\x04");
  CHECK_TEXT(fixture.received(), "8104", "frame");
  fakeMillis += 500;
  fixture.client.isUp = false;
  CHECK(!fixture.transport.open(fakeMillis));
  fixture.transport.open(fakeMillis);
  CHECK(fixture.client.connects == 7);
}

TEST("a gateway that says one word and hangs up, again and again, is asked twice a second and not more often") {
  Fixture<> fixture;
  uint32_t connects = 0;
  for (fakeMillis = 0; fakeMillis < 10000; fakeMillis++) {
    fixture.client.fromDevice.clear();
    if (fixture.transport.open(fakeMillis)) {
      fixture.client.toDevice = binary("\x81\x04") + serverFrame(0x88, "");
      fixture.received();
    } else if (fixture.client.isUp) {
      connects++;
      fixture.client.toDevice = rightAnswer(fixture.client.fromDevice);
    }
  }
  CHECK(connects > 10 && connects < 28);
}

TEST("frames of a server split at every byte give the same messages") {
  const std::string long1(60, 'a');
  const std::string stream = binary("one") + serverFrame(0x89, "hey") + serverFrame(0x02, "tw") +
                             serverFrame(0x89, "x") + serverFrame(0x80, "o") + serverFrame(0x81, "text") +
                             binary(long1) + serverFrame(0x8A, "late") + binary("") +
                             serverFrame(0x82, std::string(200, 'b')) + binary("end");
  const std::string messages = hexOf("one") + " " + hexOf("two") + " " + hexOf(long1) + " " + hexOf("end");
  for (size_t split = 0; split <= stream.size(); split++) {
    Fixture<> fixture;
    CHECK(fixture.shakeHands());
    fixture.client.toDevice = stream.substr(0, split);
    std::string all = fixture.received();
    fixture.client.toDevice += stream.substr(split);
    const std::string rest = fixture.received();
    all += (all.empty() || rest.empty() ? "" : " ") + rest;
    CHECK_TEXT(all, messages, "split at " + std::to_string(split));
    CHECK_TEXT(fixture.sent(), "10:" + hexOf("hey") + " 10:" + hexOf("x"), "pongs");
    CHECK(fixture.transport.dropped() == 1);
    CHECK(fixture.transport.open(fakeMillis));
  }
}

TEST("a message as large as the device takes comes, in one frame or in many; one byte more is dropped and counted") {
  for (size_t size = 63; size <= 65; size++) {
    const std::string message(size, 'm');
    for (size_t part = 1; part <= size; part += 16) {
      Fixture<64> fixture;
      CHECK(fixture.shakeHands());
      std::string stream;
      for (size_t at = 0; at < size; at += part) {
        const uint8_t head = static_cast<uint8_t>((at + part >= size ? 0x80 : 0) | (at == 0 ? 2 : 0));
        stream += serverFrame(head, message.substr(at, part));
      }
      fixture.client.toDevice = stream + binary("next");
      CHECK_TEXT(fixture.received(), (size <= 64 ? hexOf(message) + " " : "") + hexOf("next"), "messages");
      CHECK(fixture.transport.dropped() == (size <= 64 ? 0 : 1));
    }
  }
}

TEST("a ping inside of a message is answered where there is room for it, and the message stays whole") {
  Fixture<64> fixture;
  CHECK(fixture.shakeHands());
  const std::string half(30, 'h');
  fixture.client.toDevice = serverFrame(0x02, half) + serverFrame(0x89, std::string(34, 'p')) +
                            serverFrame(0x89, std::string(35, 'q')) + serverFrame(0x80, half);
  CHECK_TEXT(fixture.received(), hexOf(half + half), "message");
  CHECK_TEXT(fixture.sent(), "10:" + hexOf(std::string(34, 'p')), "pongs");
}

TEST("what no server may send ends the connection with the code for it") {
  const char *const violations[] = {
      "c200",                  // a reserved bit
      "8300",                  // a reserved opcode
      "8b00",                  // a reserved control opcode
      "828100000000aa",        // a masked frame
      "0900",                  // a control frame in parts
      "897e0080",              // a control frame that is too long
      "8000",                  // a continuation of nothing
      "0201aa8201bb",          // a message within a message
      "827f8000000000000000",  // a length of 64 bits
      "827f0000000100000000",  // more than 4 GB
  };
  for (const char *violation : violations) {
    Fixture<> fixture;
    CHECK(fixture.shakeHands());
    fixture.client.toDevice = bytesOf(violation) + binary("never");
    CHECK_TEXT(fixture.received(), "", violation);
    CHECK_TEXT(fixture.sent(), "8:03ea", violation);
    CHECK(fixture.transport.fault() == WebSocketFault::Violation);
    CHECK(!fixture.client.isUp);
  }
}

TEST("a close is answered with its code, and the link is lost") {
  Fixture<> fixture;
  CHECK(fixture.shakeHands());
  fixture.client.toDevice = serverFrame(0x88, std::string("\x03\xe9") + "going away");
  CHECK_TEXT(fixture.received(), "", "messages");
  CHECK_TEXT(fixture.sent(), "8:03e9", "close");
  CHECK(!fixture.transport.open(fakeMillis));
  CHECK(fixture.transport.fault() == WebSocketFault::Closed);
}

TEST("the last frames are read although the server has closed the connection already") {
  Fixture<> fixture;
  CHECK(fixture.shakeHands());
  fixture.client.toDevice = binary("bye");
  fixture.client.isUp = false;
  CHECK_TEXT(fixture.received(), hexOf("bye"), "messages");
  fakeMillis += ASKED_EVERY_MS;
  CHECK(!fixture.transport.open(fakeMillis));
}

TEST("frames go out masked, each with another mask, with lengths of every kind") {
  Fixture<64, 70000> fixture;
  CHECK(fixture.shakeHands());
  for (size_t size : {1U, 125U, 126U, 127U, 65535U, 65536U}) {
    const std::string payload(size, 'x');
    fixture.send(payload);
    const std::string wire = fixture.client.fromDevice;
    CHECK_TEXT(fixture.sent(), "2:" + hexOf(payload), "frame of " + std::to_string(size));
    fixture.send(payload);
    CHECK(fixture.client.fromDevice != wire);
    fixture.client.fromDevice.clear();
  }
}

TEST("frames arrive whole although the network takes a few bytes at once") {
  for (size_t takes = 1; takes < 40; takes += 3) {
    Fixture<64, 48> fixture;
    CHECK(fixture.shakeHands());
    fixture.client.takesAtOnce = takes;
    std::string expected;
    for (int i = 0; i < 10; i++) {
      const std::string payload(static_cast<size_t>(i + 1), static_cast<char>('a' + i));
      for (int wait = 0; wait < 1000 && !fixture.transport.hasRoomFor(payload.size()); wait++) {
        fixture.transport.open(fakeMillis);
      }
      fixture.send(payload);
      expected += (i > 0 ? " 2:" : "2:") + hexOf(payload);
    }
    for (int wait = 0; wait < 1000; wait++) fixture.transport.open(fakeMillis);
    CHECK_TEXT(fixture.sent(), expected, "frames");
    CHECK(fixture.transport.dropped() == 0);
  }
}

TEST("the handshake arrives whole although the network takes a byte at once and the buffer is small") {
  Fixture<64, 32> fixture;
  fixture.client.takesAtOnce = 1;
  fixture.transport.open(fakeMillis);
  for (int i = 0; i < 40; i++) fixture.transport.open(fakeMillis);
  fixture.client.toDevice = rightAnswer(fixture.client.fromDevice);
  CHECK(fixture.transport.open(fakeMillis));
}

TEST("a network that takes nothing has frames dropped whole, and never half of one sent") {
  Fixture<64, 48> fixture;
  CHECK(fixture.shakeHands());
  fixture.client.takesAtOnce = 0;
  fixture.send("first message");
  fixture.send("second message");
  fixture.send("third message");
  CHECK(!fixture.transport.hasRoomFor(20));
  CHECK(fixture.transport.dropped() == 1);
  fixture.client.takesAtOnce = 7;
  for (int i = 0; i < 20; i++) fixture.transport.open(fakeMillis);
  CHECK_TEXT(fixture.sent(), "2:" + hexOf("first message") + " 2:" + hexOf("second message"), "frames");
  CHECK(fixture.transport.hasRoomFor(20));
}

TEST("a client that tells its room is never given more, and is not written to while it has none") {
  Fixture<64, 128> fixture;
  CHECK(fixture.shakeHands());
  fixture.client.room = 10;
  fixture.send("a message of 22 bytes.");
  CHECK(fixture.client.fromDevice.size() == 10);
  fixture.client.room = 0;
  fixture.transport.open(fakeMillis);
  CHECK(fixture.client.fromDevice.size() == 10);
  fixture.client.room = 1000;
  fixture.transport.open(fakeMillis);
  CHECK_TEXT(fixture.sent(), "2:" + hexOf("a message of 22 bytes."), "frame");
}

TEST("a frame larger than the buffer goes out in pieces, and ends the connection if it cannot") {
  Fixture<64, 32> fixture;
  CHECK(fixture.shakeHands());
  const std::string large(200, 'l');
  CHECK(fixture.transport.hasRoomFor(large.size()));
  fixture.send(large);
  CHECK_TEXT(fixture.sent(), "2:" + hexOf(large), "frame");
  fixture.client.takesAtOnce = 0;
  fixture.send(large);
  CHECK(!fixture.client.isUp);
  CHECK(!fixture.transport.open(fakeMillis));
}

TEST("a frame that is written while there is no WebSocket is dropped") {
  Fixture<> fixture;
  fixture.send("nobody hears it");
  CHECK_TEXT(fixture.client.fromDevice, "", "bytes");
  fixture.transport.open(fakeMillis);
  const std::string request = fixture.client.fromDevice;
  fixture.send("nor this");
  fixture.transport.open(fakeMillis);
  CHECK_TEXT(fixture.client.fromDevice, request, "bytes");
}

TEST("a sketch that goes to another link and comes back begins with a new connection, at once") {
  Fixture<> fixture;
  CHECK(fixture.shakeHands());
  fixture.transport.begin("esp-1", fixture.bytes, sizeof fixture.bytes);
  CHECK(fixture.client.stops == 1);
  CHECK(fixture.shakeHands());
  CHECK(fixture.client.connects == 2);
}

TEST("bytes of chance from a server never read or write beyond the buffers, and never hand out more than fits") {
  Randomness random;
  for (int round = 0; round < 300; round++) {
    Fixture<64> fixture;
    CHECK(fixture.shakeHands());
    std::string noise;
    // Heads that are right more often than chance has it: else each round would end with the first byte.
    for (int frame = 0; frame < 40; frame++) {
      const uint8_t heads[] = {0x82, 0x02, 0x80, 0x89, 0x8A, 0x81};
      noise += static_cast<char>(heads[random.next() % sizeof heads]);
      const size_t length = random.next() % 40;
      noise += static_cast<char>(random.next() % 8 == 0 ? random.next() & 127 : length);
      for (size_t i = 0; i < length; i++) noise += static_cast<char>(random.next());
    }
    fixture.client.toDevice = noise;
    for (size_t steps = 0; steps < noise.size() && fixture.transport.open(fakeMillis); steps++) {
      const uint8_t *message = nullptr;
      CHECK(fixture.transport.receive(message) <= 64);
    }
    CHECK(!fixture.client.isUp || fixture.client.toDevice.empty());
  }
}

TEST("a device says Hello over a WebSocket, subscribes, and says Hello again over the next one") {
  FakeClient client;
  CrossCommWebSocket<> gateway(client, "192.168.1.10");
  CrossComm<> device;
  device.bootId(7);
  device.begin("esp-1", gateway);
  device.on("lamp", [](const CrossCommMessage &message) { fakeMillis += static_cast<uint32_t>(message.toInt()); });
  for (int round = 0; round < 2; round++) {
    fakeMillis += 5000;
    device.loop();
    client.toDevice = rightAnswer(client.fromDevice);
    client.fromDevice.clear();
    device.loop();
    device.loop();
    const std::string hello = clientFrames(client.fromDevice);
    CHECK_TEXT(hello.substr(0, 20), "2:880001656573702d31", "Hello");
    client.fromDevice.clear();
    client.toDevice = binary(bytesOf(Gateway::welcome(static_cast<uint8_t>(9 + round), 0, false)));
    for (int i = 0; i < 5; i++) device.loop();
    CHECK(device.isOnline());
    CHECK_TEXT(clientFrames(client.fromDevice), "2:840600646c616d7001", "Alias");
    client.toDevice = binary(bytesOf("820600")) + binary(bytesOf("8308001901f4"));
    const uint32_t before = fakeMillis;
    for (int i = 0; i < 5; i++) device.loop();
    CHECK(fakeMillis - before == 500);
    client.isUp = false;
    fakeMillis += ASKED_EVERY_MS;
    device.loop();
    CHECK(!device.isOnline());
  }
}

TEST("an idle loop() asks the network once, which may be a modem, and now and then whether it is still connected") {
  Fixture<> fixture;
  CHECK(fixture.shakeHands());
  fixture.client.availables = fixture.client.connecteds = 0;
  for (int i = 0; i < 1024; i++) {
    fakeMillis++;
    CHECK(fixture.transport.open(fakeMillis));
    const uint8_t *frame = nullptr;
    CHECK(fixture.transport.receive(frame) == 0);
  }
  CHECK(fixture.client.availables == 1024);
  CHECK(fixture.client.connecteds == 4);
  fixture.client.isUp = false;
  fakeMillis += ASKED_EVERY_MS;
  CHECK(!fixture.transport.open(fakeMillis));
}
