#include "small-device.h"

TEST("at least once: a message is kept until it is acknowledged, and sent again with its number") {
  Pair pair;
  pair.device.deliver("a", 1);
  pair.meet();
  fakeMillis += 1;
  CHECK(pair.device.undelivered() == 1);
  CHECK_TEXT(pair.gateway.after(498), "", "not yet");
  CHECK_TEXT(pair.gateway.after(2), "8309018308616101", "again");
  CHECK_TEXT(pair.gateway.after(510), "8309018308616101", "and again");
  CHECK_TEXT(pair.gateway.after(510), "", "with longer waits");
  pair.gateway.exchange("820a01");
  CHECK(pair.device.undelivered() == 0);
  CHECK(pair.device.lastNumber() == 1);
  CHECK_TEXT(pair.gateway.after(9000), "", "acknowledged");
}

TEST("an acknowledgement that comes twice is a hint that the next message was lost, once") {
  Pair pair;
  pair.meet();
  pair.device.deliver("a", 1);
  pair.device.deliver("a", 2);
  CHECK_TEXT(pair.gateway.exchange(), "8309018308616101 8309028308616102", "both");
  CHECK_TEXT(pair.gateway.exchange("820a01"), "", "the first one arrived");
  CHECK_TEXT(pair.gateway.exchange("820a01"), "8309028308616102", "the second one again");
  CHECK_TEXT(pair.gateway.exchange("820a01"), "", "not for every hint");
}

TEST("after a lost link nothing acknowledged is sent again, and nothing else is lost") {
  Pair pair;
  pair.meet();
  for (int i = 1; i <= 3; i++) pair.device.deliver("a", i);
  pair.gateway.exchange();
  pair.gateway.exchange("820a01");
  pair.gateway.line.isCut = true;
  std::string hello;
  for (int i = 0; i < 400 && pair.device.isOnline(); i++) pair.gateway.after(100);
  CHECK(!pair.device.isOnline());
  pair.device.deliver("a", 4);
  pair.gateway.line.isCut = false;
  for (int i = 0; i < 400 && hello.empty(); i++) hello = pair.gateway.after(100);
  CHECK_TEXT(hello, "8800016164071860f60083020900", "hello with what it has");
  CHECK_TEXT(pair.gateway.exchange(Gateway::welcome(9, 2, true)), "8309038308616103 8309048308616104", "the rest");
}

TEST("a new session gets the channels again before the messages that use their numbers") {
  Pair pair;
  pair.device.channel("t");
  pair.meet();
  pair.gateway.exchange("820600");
  pair.device.deliver("t", 1);
  CHECK_TEXT(pair.gateway.exchange(), "83090183080001", "by number");
  pair.gateway.exchange("820208");
  CHECK(!pair.device.isOnline());
  CHECK_TEXT(pair.gateway.after(700), "8800016164071860f60083010900", "hello");
  CHECK_TEXT(pair.gateway.exchange(Gateway::welcome(10, 0, false)), "840600617400", "the channel first");
  CHECK_TEXT(pair.gateway.exchange("820600"), "83090183080001", "then the message");
}

TEST("a message to a number that the gateway takes no more gives its place to null") {
  Pair pair;
  pair.device.channel("t");
  pair.meet();
  pair.gateway.exchange("820600");
  pair.device.deliver("t", 1);
  pair.device.deliver("u", 2);
  pair.gateway.exchange();
  CHECK_TEXT(pair.gateway.exchange("84020960820600"), "840600617400", "declared again");
  pair.gateway.exchange("84020760820600");
  CHECK_TEXT(pair.gateway.exchange("84020960820600"), "830901f6 8309028308617502", "null, and the rest");
}

TEST("messages down are taken once, repetitions and gaps are answered by the last number") {
  Pair pair;
  pair.device.onMessage(remember);
  pair.meet();
  CHECK_TEXT(pair.gateway.exchange("8309018308f601"), "", "not at once");
  CHECK_TEXT(pair.gateway.after(25), "820a01", "acknowledged");
  CHECK_TEXT(pair.gateway.exchange("8309018308f601"), "820a01", "a repetition");
  fakeMillis += 200;
  CHECK_TEXT(pair.gateway.exchange("8309038308f603"), "820a01", "a gap");
  CHECK_TEXT(pair.gateway.exchange("8309038308f603"), "", "not again within 100 ms");
  pair.gateway.exchange("830902f6");
  pair.gateway.exchange("8309038308f603");
  CHECK_TEXT(pair.gateway.after(25), "820a03", "all of it");
  CHECK_TEXT(seen, "-=1<;-=3<;", "acted upon once");
}

TEST("half of the window is acknowledged at once") {
  Pair pair;
  pair.meet();
  CHECK_TEXT(pair.gateway.exchange("8309018308f6782c" + std::string(88, '7')), "820a01", "50 bytes of 96");
}

TEST("where a boot id was used before, its numbering goes on") {
  Pair pair;
  pair.device.deliver("a", 1);
  pair.gateway.exchange();
  CHECK_TEXT(pair.gateway.exchange(Gateway::welcome(9, 5, false)), "8309068308616101", "the number behind");
  pair.gateway.exchange("820a06");
  CHECK(pair.device.undelivered() == 0);
  Pair later;
  later.meet(5);
  later.device.deliver("a", 1);
  CHECK_TEXT(later.gateway.exchange(), "8309068308616101", "also for what is delivered later");
}

TEST("a gateway that takes next to nothing does not keep the device busy for ever") {
  Pair pair;
  pair.device.deliver("a", 1);
  pair.gateway.exchange();
  CHECK_TEXT(pair.gateway.exchange("880101090000f48403030000f4"), "", "not even null");
  CHECK_TEXT(seen, "error 3;", "too large, told once");
  CHECK(pair.device.isOnline());
}

TEST("what is sent needs no room in the outbox, and takes none from a message that is being made") {
  Pair pair;
  pair.meet();
  Builder builder = pair.device.message("a");
  const std::string text(70, 'x');
  CHECK(pair.device.send("b", text.c_str()) == Result::Ok);
  CHECK(builder.add(1).send() == Result::Ok);
  CHECK_TEXT(pair.gateway.exchange(),
             "830861627846" + toHex(reinterpret_cast<const uint8_t *>(text.data()), 70) + " 8308616101", "both");
}

TEST("noise on the line, both ways, loses nothing that was delivered and repeats nothing") {
  static std::string got;
  got.clear();
  Pair pair;
  pair.device.onMessage([](const CrossCommMessage &message) { got += std::to_string(message.toInt()) + ","; });
  pair.meet();
  uint32_t random = 5;
  uint32_t lastTaken = 0, downTaken = 0;
  std::string arrived;
  int next = 0;
  for (int round = 0; round < 20000 && (lastTaken < 40 || downTaken < 20); round++) {
    if (next < 40 && pair.device.deliver("a", next % 20) == Result::Ok) next++;
    if (downTaken < 20) {
      const uint8_t bytes[] = {0x83, 0x09, static_cast<uint8_t>(downTaken + 1), 0x83,
                               0x08, 0xF6, static_cast<uint8_t>(downTaken)};
      pair.gateway.send(toHex(bytes, sizeof bytes));
    }
    for (uint8_t &byte : pair.gateway.line.toDevice) {
      random = random * 1664525U + 1013904223U;
      if (random >> 24 < 6) byte = static_cast<uint8_t>(byte ^ (1 << (random >> 8 & 7)));
    }
    fakeMillis += 100;
    for (int i = 0; i < 8; i++) pair.device.loop();
    for (uint8_t &byte : pair.gateway.line.fromDevice) {
      random = random * 1664525U + 1013904223U;
      if (random >> 24 < 6) byte = static_cast<uint8_t>(byte ^ (1 << (random >> 8 & 7)));
    }
    const std::string frames = pair.gateway.exchange();
    for (size_t at = 0; at < frames.size();
         at = frames.find(' ', at) == std::string::npos ? frames.size() : frames.find(' ', at) + 1) {
      const std::vector<uint8_t> bytes = fromHex(frames.substr(at, frames.find(' ', at) - at));
      Frame frame;
      if (readFrame(bytes.data(), bytes.size(), 96, nullptr, frame) != Result::Ok) continue;
      if (frame.type == FrameType::Ack) downTaken = frame.number(0);
      if (frame.isSequenced() && frame.sequenceNumber() == lastTaken + 1) {
        lastTaken++;
        arrived += std::to_string(bytes.back()) + ",";
      }
    }
    uint8_t ack[8];
    CborWriter writer(ack, sizeof ack);
    writer.array(2);
    writer.unsignedInteger(10);
    writer.unsignedInteger(lastTaken);
    pair.gateway.send(toHex(ack, writer.length()));
    if (!pair.device.isOnline()) pair.gateway.send(Gateway::welcome(9, static_cast<uint8_t>(lastTaken), true));
  }
  std::string sent;
  for (int i = 0; i < 40; i++) sent += std::to_string(i % 20) + ",";
  CHECK_TEXT(arrived, sent, "up");
  CHECK_TEXT(got, sent.substr(0, sent.size() / 2), "down");
}

TEST("frames to a channel that the gateway forgot are given up beside one that is given up already") {
  Pair pair;
  pair.device.channel("a");
  pair.meet();
  pair.gateway.exchange("820600");
  pair.device.deliver("a", 1);
  pair.device.deliver("a", 2);
  CHECK_TEXT(pair.gateway.exchange(), "83090183080001 83090283080002", "by number");
  // Too large, the first one; then the channel is left, and the gateway knows its number no more.
  CHECK_TEXT(pair.gateway.exchange("84020360820901"), "830901f6 83090283080002", "null for the first");
  pair.device.off("a");
  CHECK_TEXT(pair.gateway.exchange("84020960820800"), "830901f6 830902f6", "null for both");
}
