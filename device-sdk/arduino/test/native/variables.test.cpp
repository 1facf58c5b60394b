#include "gateway.h"

using namespace crosscomm;

namespace {

int changes;

/** A device online, which shares the variables of a test; its channel `house` has the number 0. */
struct Pair {
  Pair() : gateway(device) {
    changes = 0;
    device.begin("d", gateway.line);
    fakeMillis = 1000;
  }
  void share(Variable &variable) {
    CHECK(device.variable(variable) == Result::Ok);
    variable.onChange([]() { changes++; });
  }
  /** Goes online; returns what the device sends then. */
  std::string meet() {
    gateway.exchange();
    CHECK_TEXT(gateway.exchange(Gateway::welcome(9, 0, false)), "84060065686f75736501", "subscribes");
    return gateway.exchange("820600");
  }
  CrossComm<96, 64, 2> device;
  Gateway gateway;
};

}  // namespace

TEST("a variable's first value is not sent, its changes are, each once and at least once") {
  Pair pair;
  CrossCommVariable<long> level("house", "level", 7);
  pair.share(level);
  pair.meet();
  CHECK(level == 7);
  CHECK_TEXT(pair.gateway.after(1000), "", "the first value");
  level = 5;
  CHECK_TEXT(pair.gateway.exchange(), "830901830800a1656c6576656c05", "the change");
  CHECK_TEXT(pair.gateway.after(500), "830901830800a1656c6576656c05", "again, until it is acknowledged");
  pair.gateway.exchange("820a01");
  level = 5;
  CHECK_TEXT(pair.gateway.after(1000), "", "the same value");
}

TEST("of many changes in a short time only the last one is sent, when the time is over") {
  Pair pair;
  CrossCommVariable<int> level("house", "level");
  level.interval(200);
  pair.share(level);
  pair.meet();
  for (int i = 1; i <= 5; i++) {
    level = i;
    CHECK_TEXT(pair.gateway.exchange(), i == 1 ? "830901830800a1656c6576656c01" : "", "the first at once");
    pair.gateway.send("820a01");
  }
  CHECK_TEXT(pair.gateway.after(199), "", "not yet");
  CHECK_TEXT(pair.gateway.after(1), "830902830800a1656c6576656c05", "the last");
}

TEST("what is changed offline is sent once, when the device is online") {
  Pair pair;
  CrossCommVariable<bool> lamp("house", "lamp");
  pair.share(lamp);
  for (int i = 0; i < 9; i++) {
    lamp = !lamp;
    pair.gateway.after(50);
  }
  CHECK(pair.device.undelivered() == 0);
  CHECK_TEXT(pair.meet(), "830901830800a1646c616d70f5", "the last value");
}

TEST("a variable takes what others send, by the channel's number or name, and does not send it back") {
  Pair pair;
  CrossCommVariable<float> level("house", "level");
  pair.share(level);
  pair.meet();
  pair.gateway.exchange("830800a2616101656c6576656cf94d60");
  CHECK(level == 21.5f);
  pair.gateway.exchange("830865686f757365a1656c6576656c03");
  CHECK(level == 3.0f);
  CHECK(changes == 2);
  pair.gateway.exchange("830865686f757365a1656c6576656c03");
  pair.gateway.exchange("830865686f757365a1616101");
  pair.gateway.exchange("830861780a");
  pair.gateway.exchange("83086178a1656c6576656c04");
  CHECK(level == 3.0f);
  CHECK(changes == 2);
  CHECK_TEXT(pair.gateway.after(1000), "", "nothing");
}

TEST("a value that the sketch has just set is not overwritten by an older one") {
  Pair pair;
  CrossCommVariable<long> level("house", "level");
  pair.share(level);
  pair.meet();
  level = -2;
  pair.gateway.send("830800a1656c6576656c09");
  CHECK_TEXT(pair.gateway.exchange(), "830901830800a1656c6576656c21", "the sketch's");
  CHECK(level == -2);
}

TEST("two variables and a handler share a channel") {
  static int heard;
  heard = 0;
  Pair pair;
  CrossCommVariable<long> level("house", "level");
  CrossCommVariable<bool> lamp("house", "lamp");
  pair.share(level);
  pair.device.on("house", [](const CrossCommMessage &message) { heard += static_cast<int>(message["level"].toInt()); });
  pair.share(lamp);
  pair.share(lamp);
  pair.meet();
  pair.gateway.exchange("830800a2656c6576656c05646c616d70626f6e");
  CHECK(level == 5);
  CHECK(lamp);
  CHECK(heard == 5);
  CrossCommVariable<long> other("a", "level"), another("b", "level");
  CHECK(pair.device.variable(other) == Result::Ok);
  CHECK(pair.device.variable(another) == Result::TooManyChannels);
}

TEST("a variable's key takes one byte where it is in the dictionary") {
  static const char *const keys[] = {"temperature", "level"};
  Pair pair;
  CrossCommVariable<long> level("house", "level");
  pair.device.keys(keys);
  pair.share(level);
  pair.meet();
  pair.gateway.exchange("820b02");
  level = 5;
  CHECK_TEXT(pair.gateway.exchange(), "830901830800a10105", "by number");
  pair.gateway.exchange("830800a10106");
  CHECK(level == 6);
}

TEST("whoever asks for the clients hears of them in as many portions as come") {
  static std::string heard;
  heard.clear();
  Pair pair;
  CrossCommVariable<long> level("house", "level");
  pair.share(level);
  pair.meet();
  const Result result = pair.device.listClients(
      [](const CrossCommClients &clients) {
        for (int i = 0; i < clients.count(); i++) {
          char id[8];
          clients.id(i).copyText(id, sizeof id);
          heard += std::string(id) + (clients.isOnline(i) ? "+" : "-");
        }
        heard += clients.isLast ? "." : ",";
      },
      false);
  CHECK(result == Result::Ok);
  CHECK_TEXT(pair.gateway.exchange(), "830901820cf4", "asks");
  pair.gateway.exchange("820a01");
  pair.gateway.exchange("830901830d82826161f5826162f4f5");
  pair.gateway.exchange("830902820d81826163f5");
  CHECK_TEXT(heard, "a+b-,c+.", "heard");
}

TEST("a channel that is left is unsubscribed until the gateway confirms, and is not heard any more") {
  static int heard;
  heard = 0;
  Pair pair;
  pair.device.on("house", [](const CrossCommMessage &) { heard++; });
  pair.device.onMessage([](const CrossCommMessage &) { heard += 100; });
  pair.meet();
  pair.device.off("house");
  CHECK_TEXT(pair.gateway.exchange("83080001"), "820700", "leaves");
  CHECK_TEXT(pair.gateway.after(500), "820700", "again");
  CHECK(heard == 0);
  pair.gateway.exchange("820700");
  CHECK_TEXT(pair.gateway.after(5000), "", "left");
  CHECK(pair.device.channel("a") == Result::Ok);
  CHECK_TEXT(pair.gateway.exchange(), "840601616100", "a new place");
  pair.gateway.exchange("820601");
  CHECK(pair.device.channel("b") == Result::Ok);
  CHECK_TEXT(pair.gateway.exchange(), "840600616200", "the place that is free again");
  CHECK(pair.device.channel("c") == Result::TooManyChannels);
}

TEST("a channel is left when what is kept for its number has gone, and joined again by on()") {
  static int heard;
  heard = 0;
  Pair pair;
  pair.device.on("house", [](const CrossCommMessage &) {});
  pair.meet();
  pair.device.deliver("house", 1);
  pair.device.off("house");
  CHECK_TEXT(pair.gateway.exchange(), "83090183080001", "by number");
  CHECK_TEXT(pair.gateway.exchange("820a01"), "820700", "leaves now");
  pair.device.on("house", [](const CrossCommMessage &) { heard++; });
  CHECK_TEXT(pair.gateway.exchange("820700"), "84060065686f75736501", "joins again");
  pair.gateway.exchange("820600");
  pair.gateway.exchange("83080001");
  CHECK(heard == 1);
}

TEST("a channel that was being left is not declared in a new session") {
  Pair pair;
  pair.device.on("house", [](const CrossCommMessage &) {});
  pair.meet();
  pair.device.off("house");
  pair.gateway.exchange();
  pair.gateway.exchange("820208");
  pair.gateway.after(700);
  CHECK_TEXT(pair.gateway.exchange(Gateway::welcome(10, 0, false)), "", "forgotten");
}
