#include "websocket.h"

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
