// Maps without their keys: section 7 of the protocol.
#include "small-device.h"

namespace {

std::string values;

void rememberValues(const CrossCommMessage &message) {
  values += std::to_string(message["temperature"].toFloat()) + "," + std::to_string(message[F("humidity")].toInt()) +
            "," + (message["lux"].exists() ? "lux" : "-") + ";";
}

/** A pair whose device has a shape for the channel `a`, which it hears. */
struct ShapedPair : Pair {
  ShapedPair() : shape("a") {
    values.clear();
    CHECK(device.on("a", rememberValues) == Result::Ok);
    CHECK(device.shape(shape, F("temperature,humidity")) == Result::Ok);
  }
  CrossCommShape shape;
};

const char *const DECLARED = "850600616101826b74656d70657261747572656868756d6964697479";

}  // namespace

TEST("a shape is declared with its alias, and values go without keys once the gateway has taken it") {
  ShapedPair pair;
  CHECK(pair.shape.send(1) == Result::Offline);
  pair.gateway.exchange();
  CHECK_TEXT(pair.gateway.exchange(Gateway::welcome(9, 0, false)), DECLARED, "declared");
  pair.shape.send(21.5f, 43);
  const char *const full = "83086161a26b74656d7065726174757265f94d606868756d6964697479182b";
  CHECK_TEXT(pair.gateway.exchange(), full, "by name, with keys");
  pair.gateway.exchange("840600f602");
  pair.shape.send(21.5f, 43);
  CHECK_TEXT(pair.gateway.exchange(), "83080082f94d60182b", "without");
  pair.shape.send(21.5f);
  CHECK_TEXT(pair.gateway.exchange(), "83080081f94d60", "the first alone");
  CHECK(pair.shape.deliver("warm", true) == Result::Ok);
  CHECK_TEXT(pair.gateway.exchange(), "83090183080082647761726df5", "at least once");
}

TEST("a gateway that knows no shapes gets maps, and its arrays are arrays") {
  ShapedPair pair;
  pair.meet();
  pair.gateway.exchange();
  pair.gateway.exchange("820600");
  pair.shape.send(1, 2);
  CHECK_TEXT(pair.gateway.exchange(), "830800a26b74656d7065726174757265016868756d696469747902", "a map");
  pair.gateway.exchange("8309018308008218151815");
  CHECK_TEXT(values, "0.000000,0,-;", "no keys");
}

TEST("values that come without keys are found by them, and maps as ever") {
  ShapedPair pair;
  pair.meet();
  pair.gateway.exchange();
  pair.gateway.exchange("840600f602");
  pair.gateway.exchange("83090183080082f94d60182b");
  pair.gateway.exchange("83090283080081f94d60");
  pair.gateway.exchange("830903830800a1636c757807");
  // An array for the channel by its name is one.
  pair.gateway.exchange("83090483086161820102");
  CHECK_TEXT(values, "21.500000,43,-;21.500000,0,-;0.000000,0,lux;0.000000,0,-;", "values");
}

TEST("a new session has to take the shape anew") {
  ShapedPair pair;
  pair.meet();
  pair.gateway.exchange();
  pair.gateway.exchange("840600f602");
  pair.gateway.exchange("82020860");
  pair.gateway.after(700);
  pair.gateway.exchange(Gateway::welcome(10, 0, false));
  pair.gateway.exchange("820600");
  pair.shape.send(1);
  CHECK_TEXT(pair.gateway.exchange(), "830800a16b74656d706572617475726501", "a map");
}
