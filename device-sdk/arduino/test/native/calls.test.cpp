#include "gateway.h"

using namespace crosscomm;

namespace {

std::string answers;

void remember(const CrossCommReply &reply) {
  answers += std::to_string(reply.code) + ":" + std::to_string(reply.value["sum"].toInt()) + ";";
}

void toFahrenheit(const CrossCommCall &call, CrossCommBuilder &reply) {
  reply.field("fahrenheit", call.args["celsius"].toFloat() * 1.8f + 32);
}

struct Pair {
  Pair() : gateway(device) {
    answers.clear();
    device.begin("d", gateway.line);
    gateway.exchange();
    gateway.exchange(Gateway::welcome(9, 0, false));
  }
  CrossComm<96, 64, 3> device;
  Gateway gateway;
};

}  // namespace

TEST("a service answers a call with what its handler writes") {
  Pair pair;
  pair.device.offer("toFahrenheit", toFahrenheit);
  CHECK_TEXT(pair.gateway.exchange("830901860e03f66c746f46616872656e68656974a16763656c7369757314627079"),
             "830901830f03a16a66616872656e68656974f95440", "68.0");
}

TEST("a call of a function that nobody offers is answered so") {
  Pair pair;
  CHECK_TEXT(pair.gateway.exchange("840e03f66178"), "840f03f614", "no function");
}

TEST("an answer that does not fit is answered as a failed call") {
  Pair pair;
  pair.device.offer("x",
                    [](const CrossCommCall &, CrossCommBuilder &reply) { reply.add(std::string(80, 'x').c_str()); });
  CHECK_TEXT(pair.gateway.exchange("840e03f66178"), "830901840f03f616", "failed");
}

TEST("a call that comes while the outbox is full is not taken, so that it comes again") {
  Pair pair;
  pair.device.offer("x", [](const CrossCommCall &, CrossCommBuilder &reply) { reply.add(1); });
  pair.device.deliver("a", std::string(50, 'x').c_str());
  pair.gateway.exchange();
  CHECK_TEXT(pair.gateway.exchange("830901840e03f66178"), "", "not taken");
  pair.gateway.exchange("820a01");
  CHECK_TEXT(pair.gateway.exchange("830901840e03f66178"), "830902830f0301", "taken");
}

TEST("the sketch calls, and its handler gets the answer, once") {
  Pair pair;
  CHECK(pair.device.call("py", "add", remember).field("a", 1).field("b", 2).deliver() == Result::Ok);
  CHECK_TEXT(pair.gateway.exchange(), "830901850e0162707963616464a2616101616202", "call");
  pair.gateway.exchange("830f01a16373756d03");
  pair.gateway.exchange("830f01a16373756d03");
  CHECK_TEXT(answers, "0:3;", "answer");
}

TEST("a call without arguments, and one that fails") {
  Pair pair;
  CHECK(pair.device.call("py", "now", remember).deliver() == Result::Ok);
  CHECK_TEXT(pair.gateway.exchange(), "830901850e01627079636e6f77f6", "call");
  pair.gateway.exchange("850f01f6156178");
  CHECK_TEXT(answers, "21:0;", "failed");
}

TEST("a call without any answer ends by the clock") {
  Pair pair;
  pair.device.call("py", "now", remember).deliver();
  pair.gateway.after(9000);
  CHECK_TEXT(answers, "", "not yet");
  pair.gateway.after(1100);
  CHECK_TEXT(answers, "21:0;", "timeout");
}

TEST("more open calls than there is room for are refused") {
  Pair pair;
  for (int i = 0; i < CROSSCOMM_MAX_CALLS; i++) {
    CHECK(pair.device.call("py", "n", remember).deliver() == Result::Ok);
  }
  CHECK(pair.device.call("py", "n", remember).deliver() == Result::TooManyCalls);
}

TEST("an error about a channel with a service's number leaves the service alone") {
  Pair pair;
  pair.device.offer("toFahrenheit", toFahrenheit);
  pair.gateway.exchange("84020760820600");
  pair.gateway.exchange("83080001");
  CHECK_TEXT(pair.gateway.exchange("830901860e03f66c746f46616872656e68656974a16763656c7369757314627079"),
             "830901830f03a16a66616872656e68656974f95440", "still answers");
}
