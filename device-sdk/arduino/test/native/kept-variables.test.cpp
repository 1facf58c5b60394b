#include "gateway.h"

using namespace crosscomm;

namespace {

const char *const ASKS = "83181865686f75736581656c6576656c";
const char *const SETS_5 = "830901830800a1656c6576656c05";

int changes;

/** A device with a variable that is kept, in the channel `house`, which has the number 0. */
struct Pair {
  Pair() : level("house", "level"), gateway(device) {
    changes = 0;
    level.keep();
    device.begin("d", gateway.line);
    CHECK(device.variable(level) == Result::Ok);
    level.onChange([]() { changes++; });
    fakeMillis = 1000;
  }
  /** Goes online; returns what the device sends when the channel is its. */
  std::string meet(uint8_t session = 9) {
    gateway.exchange();
    CHECK_TEXT(gateway.exchange(Gateway::welcome(session, 0, false)), "84060065686f75736501", "subscribes");
    return gateway.exchange("820600");
  }
  /** The gateway says what it keeps; `value` in hexadecimal. Without the Ack that comes in time. */
  std::string answer(const char *number, const std::string &value) {
    return gateway.exchange(std::string("8309") + number + "83181865686f757365a1656c6576656c" + value);
  }
  CrossCommVariable<long> level;
  CrossComm<96, 96, 2> device;
  Gateway gateway;
};

}  // namespace

TEST("what is kept goes before what the sketch began with, and is not sent back") {
  Pair pair;
  pair.level = 5;
  CHECK_TEXT(pair.meet(), ASKS, "asks, and sets nothing");
  CHECK_TEXT(pair.gateway.after(400), "", "waits");
  CHECK_TEXT(pair.answer("01", "07"), "", "is told");
  CHECK(pair.level == 7);
  CHECK(changes == 1);
  CHECK_TEXT(pair.gateway.after(2000), "820a01", "the Ack alone");
  pair.level = 5;
  CHECK_TEXT(pair.gateway.exchange(), SETS_5, "a setting");
}

TEST("what the sketch has set is sent where nothing is kept yet") {
  Pair pair;
  pair.level = 5;
  pair.meet();
  CHECK_TEXT(pair.answer("01", "f6"), SETS_5, "sets it");
  CHECK(pair.level == 5);
  CHECK(changes == 0);
}

TEST("a kept value is asked for again until the answer comes, and messages of before are taken") {
  Pair pair;
  pair.meet();
  CHECK_TEXT(pair.gateway.after(500), ASKS, "again");
  pair.gateway.exchange("830800a1656c6576656c03");
  CHECK(pair.level == 3);
  CHECK_TEXT(pair.gateway.after(999), "", "after a longer wait");
  CHECK_TEXT(pair.gateway.after(1), ASKS, "again");
  pair.answer("01", "09");
  CHECK(pair.level == 9);
  CHECK_TEXT(pair.gateway.after(9000), "820a01", "no more");
}

TEST("a gateway that knows no kept values is asked for some seconds, and then the sketch's value is sent") {
  Pair pair;
  pair.level = 5;
  CHECK_TEXT(pair.meet(), ASKS, "asks");
  CHECK_TEXT(pair.gateway.after(500), ASKS, "asks");
  CHECK_TEXT(pair.gateway.after(1000), ASKS, "asks");
  CHECK_TEXT(pair.gateway.after(2000), ASKS, "asks");
  CHECK_TEXT(pair.gateway.after(3999), "", "waits");
  CHECK_TEXT(pair.gateway.after(1), SETS_5, "goes on");
}

TEST("in a later session, what the sketch has set and not delivered goes before what is kept") {
  Pair pair;
  pair.meet();
  pair.answer("01", "07");
  pair.gateway.after(100);
  pair.level = 5;
  CHECK_TEXT(pair.gateway.exchange(), SETS_5, "is not acknowledged");
  pair.gateway.exchange("820208");
  pair.gateway.after(700);
  CHECK_TEXT(pair.gateway.exchange(Gateway::welcome(10, 0, false)), "84060065686f75736501", "subscribes");
  CHECK_TEXT(pair.gateway.exchange("820600"), std::string(ASKS) + " " + SETS_5, "asks, and delivers");
  pair.answer("01", "07");
  CHECK(pair.level == 5);
}

TEST("in a later session, what others have set meanwhile is taken, and what the sketch sets waits for that") {
  Pair pair;
  pair.meet();
  pair.answer("01", "07");
  pair.gateway.after(100);
  pair.gateway.exchange("820208");
  pair.gateway.after(700);
  pair.gateway.exchange(Gateway::welcome(10, 0, false));
  CHECK_TEXT(pair.gateway.exchange("820600"), ASKS, "asks again");
  pair.answer("01", "0b");
  CHECK(pair.level == 11);
  CHECK(changes == 2);
}

TEST("a session that goes on is not asked again") {
  Pair pair;
  pair.meet();
  pair.answer("01", "07");
  pair.gateway.after(100);
  pair.gateway.exchange("820208");
  pair.gateway.after(700);
  CHECK_TEXT(pair.gateway.exchange(Gateway::welcome(9, 0, true)), "", "nothing to say");
  pair.level = 5;
  CHECK_TEXT(pair.gateway.exchange(), SETS_5, "a setting");
}

TEST("one variable is kept and another of its channel is not") {
  Pair pair;
  CrossCommVariable<bool> lamp("house", "lamp");
  CHECK(pair.device.variable(lamp) == Result::Ok);
  lamp = true;
  pair.level = 5;
  CHECK_TEXT(pair.meet(), std::string(ASKS) + " 830901830800a1646c616d70f5", "asks for one, and sets the other");
  pair.gateway.exchange("830800a2656c6576656c04646c616d70f4");
  CHECK(!lamp);
  CHECK(pair.level == 5);
  pair.answer("01", "07");
  CHECK(pair.level == 7);
}

TEST("two are asked for one after the other, and an answer for another channel is none") {
  Pair pair;
  CrossCommVariable<float> fan("house", "fan", 1.5f);
  fan.keep();
  CHECK(pair.device.variable(fan) == Result::Ok);
  CHECK_TEXT(pair.meet(), "83181865686f757365816366616e", "the one");
  CHECK_TEXT(pair.gateway.exchange("8318186178a16366616e02"), "", "no answer");
  CHECK(fan == 1.5f);
  CHECK_TEXT(pair.gateway.exchange("83181865686f757365a16366616ef94100"), ASKS, "the other");
  CHECK(fan == 2.5f);
  pair.answer("01", "07");
  CHECK(pair.level == 7);
}

TEST("what a handler of the same channel hears is not what is kept") {
  static int heard;
  heard = 0;
  Pair pair;
  pair.device.on("house", [](const CrossCommMessage &) { heard++; });
  pair.meet();
  pair.answer("01", "07");
  CHECK(heard == 0);
  pair.gateway.exchange("830800a1656c6576656c08");
  CHECK(heard == 1);
  CHECK(pair.level == 8);
}
