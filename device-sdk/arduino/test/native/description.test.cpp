#include "small-device.h"

namespace {

/** `{}` as text: what it says is none of the device's business. */
const char *const TELLS = "82181a627b7d";
const char *const TAKEN = "81181a";

}  // namespace

TEST("a device tells what it has in each new session, and again until the gateway has taken it") {
  Pair pair;
  pair.device.describe(F("{}"));
  pair.gateway.exchange();
  CHECK_TEXT(pair.gateway.exchange(Gateway::welcome(9, 0, false)), TELLS, "tells");
  CHECK_TEXT(pair.gateway.after(500), TELLS, "again");
  CHECK_TEXT(pair.gateway.exchange(TAKEN), "", "is taken");
  CHECK_TEXT(pair.gateway.after(9000), "", "no more");
  pair.gateway.exchange("820208");
  pair.gateway.after(700);
  CHECK_TEXT(pair.gateway.exchange(Gateway::welcome(9, 0, true)), "", "the session goes on");
  pair.gateway.after(500);
  pair.gateway.exchange("820208");
  pair.gateway.after(700);
  CHECK_TEXT(pair.gateway.exchange(Gateway::welcome(10, 0, false)), TELLS, "a new session");
}

TEST("a device describes itself once its channels are declared, and may do so anew") {
  Pair pair;
  pair.device.on("lamp", remember);
  pair.device.describe(F("{}"));
  pair.gateway.exchange();
  CHECK_TEXT(pair.gateway.exchange(Gateway::welcome(9, 0, false)), "840600646c616d7001", "subscribes");
  CHECK_TEXT(pair.gateway.exchange("820600"), TELLS, "tells");
  pair.gateway.exchange(TAKEN);
  pair.device.describe(F("[]"));
  CHECK_TEXT(pair.gateway.exchange(), "82181a625b5d", "tells anew");
}

TEST("a description that is refused is not sent again, and the sketch hears why") {
  Pair pair;
  pair.device.describe(F("{}"));
  pair.meet();
  CHECK_TEXT(pair.gateway.exchange("8402026362616481181a"), "", "is refused");
  CHECK_TEXT(seen, "error 2;", "why");
  CHECK_TEXT(pair.gateway.after(9000), "", "no more");
}

TEST("a gateway that takes no descriptions is told for some seconds only, and all else goes on") {
  Pair pair;
  pair.device.describe(F("{}"));
  pair.meet();
  for (uint32_t ms : {500, 1000, 2000}) CHECK_TEXT(pair.gateway.after(ms), TELLS, "again");
  CHECK_TEXT(pair.gateway.after(4000), "", "no more");
  CHECK_TEXT(pair.gateway.after(4000), "", "no more");
  CHECK(pair.device.deliver("x", 1) == Result::Ok);
  CHECK_TEXT(pair.gateway.exchange(), "8309018308617801", "a message");
}

TEST("of two devices in a program the last one that was described tells") {
  Pair first;
  first.device.describe(F("{}"));
  CrossComm<96, 64, 3> second;
  second.describe(F("{}"));
  first.meet();
  CHECK_TEXT(first.gateway.after(500), "", "nothing to tell");
}
