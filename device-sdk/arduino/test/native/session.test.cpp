#include "small-device.h"

TEST("a device says Hello, and is online with a Welcome") {
  Pair pair;
  CHECK(!pair.device.isOnline());
  pair.meet();
  CHECK(pair.device.time() == 1767225600);
  CHECK(pair.device.isTimeTrusted());
}

TEST("a sketch whose loop() is slow hears several messages each time, and none after end()") {
  static Core *current;
  Pair pair;
  pair.meet();
  pair.device.onMessage([](const CrossCommMessage &message) {
    remember(message);
    if (message.toInt() == 3) current->end();
  });
  current = &pair.device;
  for (const char *message : {"8408f601616a", "8408f602616a", "8408f603616a", "820208", "8408f604616a"}) {
    pair.gateway.send(message);
  }
  pair.device.loop();
  CHECK_TEXT(seen, "-=1<j;-=2<j;-=3<j;", "in one loop()");
  fakeMillis += 60000;
  for (int i = 0; i < 8; i++) pair.device.loop();
  pair.gateway.line.toDevice.clear();
  CHECK_TEXT(pair.gateway.exchange(), "820300", "goodbye, and no more");
  CHECK_TEXT(seen, "-=1<j;-=2<j;-=3<j;", "nothing more");
}

TEST("Hello is repeated byte by byte, with waits that double up to half a minute and differ a little") {
  Pair pair;
  const std::string hello = pair.gateway.exchange();
  uint32_t waited = 0;
  uint32_t expected = 500;
  for (int i = 0; i < 10; i++) {
    waited = 0;
    std::string again;
    while (again.empty() && waited < 60000) {
      again = pair.gateway.after(25);
      waited += 25;
    }
    CHECK_TEXT(again, hello, "hello");
    CHECK(waited >= expected * 3 / 4 - 25 && waited <= expected * 5 / 4 + 50);
    expected = expected * 2 > 30000 ? 30000 : expected * 2;
  }
}

TEST("nothing is sent before the Welcome but Hello, and at most once means not at all") {
  Pair pair;
  pair.gateway.exchange();
  CHECK(pair.device.send("lamp", 1) == Result::Offline);
  CHECK(pair.device.log("x") == Result::Offline);
  CHECK(pair.device.deliver("lamp", 1) == Result::Ok);
  CHECK_TEXT(pair.gateway.exchange("820401"), "", "a ping before the welcome");
}

TEST("a channel is declared with its number, subscribed, and heard by number and by name") {
  Pair pair;
  pair.device.on("lamp", remember);
  pair.meet();
  fakeMillis += 1;
  CHECK_TEXT(pair.gateway.after(500), "840600646c616d7001", "alias again, since nobody confirmed");
  pair.gateway.exchange("820600");
  CHECK_TEXT(pair.gateway.after(5000), "", "confirmed");
  pair.gateway.exchange("840800182b62626f");
  pair.gateway.exchange("8408646c616d70182c62626f");
  CHECK_TEXT(seen, "lamp=43<bo;lamp=44<bo;", "heard");
}

TEST("a message has the channel's number once the gateway knows it, and its name before") {
  Pair pair;
  pair.device.channel("t");
  pair.meet();
  CHECK(pair.device.send("t", 21.5) == Result::Ok);
  CHECK_TEXT(pair.gateway.exchange(), "83086174f94d60", "by name");
  pair.gateway.exchange("820600");
  CHECK(pair.device.send("t", 21.5) == Result::Ok);
  CHECK_TEXT(pair.gateway.exchange(), "830800f94d60", "by number");
}

TEST("a refused channel is told to the sketch, and does not hold up the others") {
  Pair pair;
  pair.device.on("a", remember);
  pair.device.on("b", remember);
  pair.meet();
  CHECK_TEXT(pair.gateway.exchange("8402076060820600"), "", "malformed is ignored");
  CHECK_TEXT(pair.gateway.exchange("84020760820600"), "840601616201", "the next one");
  CHECK_TEXT(seen, "error 7;", "told");
}

TEST("the reading of the specification is written as there: by number, and with the dictionary") {
  static const char *const keys[] = {"temperature", "humidity"};
  Pair pair;
  pair.device.keys(keys);
  pair.device.channel("x");
  pair.device.channel("lab/room1");
  CHECK_TEXT(pair.gateway.exchange(), "8800016164071860f60083010000", "hello");
  CHECK_TEXT(pair.gateway.exchange(Gateway::welcome(9, 0, false)), "840600617800", "alias 0");
  CHECK_TEXT(pair.gateway.exchange("820600"), "840601696c61622f726f6f6d3100", "alias 1");
  CHECK_TEXT(pair.gateway.exchange("820601"), "830b00826b74656d70657261747572656868756d6964697479", "dictionary");
  pair.gateway.exchange("820b02");
  CHECK(pair.device.message("lab/room1").field("temperature", 21.5).field("humidity", 43).send() == Result::Ok);
  CHECK(pair.gateway.line.fromDevice.size() == 15);
  CHECK_TEXT(pair.gateway.exchange(), "830801a200f94d6001182b", "reading");
}

TEST("maps and arrays are built at any depth, counted when they are closed, also beyond 23 items") {
  CrossComm<64, 512, 2> device;
  Gateway gateway(device);
  device.begin("d", gateway.line);
  gateway.exchange();
  gateway.exchange(Gateway::welcome(9, 0, false));
  Builder nested = device.message("a");
  nested.key("m").beginMap().key("n").beginArray().add(1).add(true).add("x").addNull().end().end().field("o", -1);
  CHECK(nested.send() == Result::Ok);
  CHECK_TEXT(gateway.exchange(), "83086161a2616da1616e8401f56178f6616f20", "nested");
  Builder longer = device.message("a");
  longer.beginArray();
  for (int i = 0; i < 24; i++) longer.add(0);
  CHECK(longer.send() == Result::Ok);
  CHECK_TEXT(gateway.exchange(), "830861619818" + std::string(48, '0'), "24 items");
  Builder longest = device.message("a");
  longest.beginArray();
  for (int i = 0; i < 256; i++) longest.add(0);
  CHECK(longest.send() == Result::Ok);
  CHECK_TEXT(gateway.exchange(), "83086161990100" + std::string(512, '0'), "256 items");
}

TEST("a message that is built wrongly, too large or interrupted is not sent, and says why") {
  Pair pair;
  pair.meet();
  CHECK(pair.device.message("a").add(1).add(2).send() == Result::BadNesting);
  CHECK(pair.device.message("a").beginMap().add(1).send() == Result::BadNesting);
  CHECK(pair.device.message("a").beginMap().key("k").send() == Result::BadNesting);
  CHECK(pair.device.message("a").end().send() == Result::BadNesting);
  CHECK(pair.device.message("a").beginArray().key("k").add(1).send() == Result::BadNesting);
  Builder deep = pair.device.message("a");
  for (int i = 0; i < 6; i++) deep.beginArray();
  CHECK(deep.send() == Result::TooDeep);
  const std::string text(70, 'x');
  CHECK(pair.device.message("a").add(text.c_str()).send() == Result::OutboxTooSmall);
  CHECK(pair.device.deliver("a", text.substr(30).c_str()) == Result::Ok);
  CHECK(pair.device.deliver("a", text.substr(30).c_str()) == Result::OutboxFull);
  Builder old = pair.device.message("a");
  CHECK(pair.device.message("a").add(1).send() == Result::Ok);
  CHECK(old.add(2).send() == Result::Interrupted);
  CHECK_TEXT(pair.gateway.exchange().substr(0, 12), "8308616101 8", "only what was right");
}

TEST("a quiet device pings, and takes a silent link as lost") {
  Pair pair;
  pair.meet();
  CHECK_TEXT(pair.gateway.after(10000), "820400", "ping");
  CHECK_TEXT(pair.gateway.exchange("820405"), "820505", "pong");
  pair.gateway.after(15000);
  CHECK(pair.device.isOnline());
  pair.gateway.after(15100);
  CHECK(!pair.device.isOnline());
}

TEST("a refused device waits half a minute, or stops where waiting does not help") {
  Pair taken;
  taken.gateway.exchange();
  taken.gateway.exchange("840205608100");
  CHECK(taken.device.refusal() == Code::IdTaken);
  CHECK_TEXT(taken.gateway.after(20000), "", "not before");
  CHECK(!taken.gateway.after(20000).empty());
  Pair invalid;
  invalid.gateway.exchange();
  invalid.gateway.exchange("840204608100");
  CHECK_TEXT(invalid.gateway.after(90000), "", "stopped");
  CHECK(invalid.device.refusal() == Code::IdInvalid);
}

TEST("Goodbye ends the session; after a takeover the device stays away for half a minute") {
  Pair pair;
  pair.meet();
  pair.gateway.exchange("820302");
  CHECK(!pair.device.isOnline());
  CHECK_TEXT(pair.gateway.after(20000), "", "not before");
  CHECK(!pair.gateway.after(20000).empty());
  Pair leaving;
  leaving.meet();
  leaving.device.end(true);
  CHECK_TEXT(leaving.gateway.exchange(), "820301", "sleeping");
}

TEST("credentials and receipts are in the Hello, and receipts reach the sketch") {
  CrossComm<96, 64, 2> device;
  Gateway gateway(device);
  seen.clear();
  device.bootId(7);
  device.credentials("lab", "secret");
  device.onReceipt([](uint32_t number, uint32_t delivered, uint16_t code) {
    seen += std::to_string(number) + ":" + std::to_string(delivered) + ":" + std::to_string(code) + ";";
  });
  device.begin("d", gateway.line);
  CHECK_TEXT(gateway.exchange(), "8900016164071860f60183010000a201636c61620266736563726574", "hello");
  gateway.exchange(Gateway::welcome(9, 0, false));
  gateway.exchange("8417010012");
  CHECK_TEXT(seen, "1:0:18;", "receipt");
}

TEST("a log line is one frame, from memory and from flash") {
  Pair pair;
  pair.meet();
  pair.device.log("hot", 2);
  pair.device.log(F("hot"));
  CHECK_TEXT(pair.gateway.exchange(), "83160263686f74 83160163686f74", "log");
}

TEST("more channels than there is room for are refused, and the same one again is not more") {
  Pair pair;
  CHECK(pair.device.on("a", remember) == Result::Ok);
  CHECK(pair.device.on("b", remember) == Result::Ok);
  CHECK(pair.device.on("c", remember) == Result::Ok);
  CHECK(pair.device.on("a", remember) == Result::Ok);
  CHECK(pair.device.on("d", remember) == Result::TooManyChannels);
}

TEST("a handler may send, deliver and call loop") {
  static Pair *current;
  Pair pair;
  current = &pair;
  pair.device.onMessage([](const CrossCommMessage &message) {
    current->device.loop();
    current->device.send("echo", message.toInt());
    current->device.deliver("echo", message.toInt() + 1);
  });
  pair.meet();
  CHECK_TEXT(pair.gateway.exchange("8308f605"), "8308646563686f05 8309018308646563686f06", "both");
}

TEST("a line that has no room is not waited for") {
  Pair pair;
  pair.meet();
  pair.gateway.line.writeRoom = 63;
  pair.device.loop();
  pair.device.deliver("a", 1);
  CHECK_TEXT(pair.gateway.exchange(), "8309018308616101", "room");
  pair.gateway.line.writeRoom = 5;
  pair.device.deliver("a", 2);
  CHECK_TEXT(pair.gateway.exchange(), "", "no room");
  pair.gateway.line.writeRoom = 63;
  CHECK_TEXT(pair.gateway.exchange(), "8309028308616102", "room again");
}

TEST("a frame that never fits into the line's buffer begins while the last quarter of it is still to leave") {
  CrossComm<96, 128, 2> device;
  Gateway gateway(device);
  device.begin("d", gateway.line);
  gateway.exchange();
  gateway.exchange(Gateway::welcome(9, 0, false));
  gateway.line.writeRoom = 63;
  device.deliver("a", 1);
  CHECK_TEXT(gateway.exchange(), "8309018308616101", "an empty buffer");
  gateway.line.writeRoom = 47;
  device.deliver("a", std::string(70, 'x').c_str());
  CHECK_TEXT(gateway.exchange(), "", "more than a quarter");
  gateway.line.writeRoom = 48;
  std::string text;
  for (int i = 0; i < 70; i++) text += "78";
  CHECK_TEXT(gateway.exchange(), "830902830861617846" + text, "a quarter");
}
