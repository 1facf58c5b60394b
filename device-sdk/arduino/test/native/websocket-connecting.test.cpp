#include "websocket.h"

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
