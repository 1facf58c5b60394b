#include <CrossCommRoom.h>

#include "small-device.h"

namespace {

const char *const FROM_BEHAVIOURS = "6a6265686176696f757273";

std::string text(const std::string &words) {
  const uint8_t head = static_cast<uint8_t>(0x60 + words.size());
  return toHex(&head, 1) + toHex(reinterpret_cast<const uint8_t *>(words.data()), words.size());
}

std::string number(uint16_t value) {
  const uint8_t bytes[] = {0x19, static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value & 0xff)};
  return toHex(bytes, sizeof bytes);
}

/** What `behaviours` tells the device of the beat. */
std::string toldBeat(uint16_t beat, uint16_t periodMs, uint16_t lateMs) {
  return "8408f6a4" + text("sync") + text("stage") + text("beat") + number(beat) + text("periodMs") + number(periodMs) +
         text("lateMs") + number(lateMs) + FROM_BEHAVIOURS;
}

CrossCommBeat *beat;
CrossCommLeader *leader;
int others;

void onMessage(const CrossCommMessage &message) {
  if (beat != nullptr && beat->hear(message)) return;
  if (leader != nullptr && leader->hear(message)) return;
  others++;
}

/** A device that is online and has a beat, or a leader. */
struct RoomPair : Pair {
  explicit RoomPair(CrossCommBeat *itsBeat, CrossCommLeader *itsLeader = nullptr) {
    beat = itsBeat;
    leader = itsLeader;
    others = 0;
    device.onMessage(onMessage);
    meet();
  }

  /** When it pulses within so many milliseconds, counted from now. */
  std::vector<uint32_t> pulses(uint32_t ms) {
    std::vector<uint32_t> times;
    for (uint32_t at = 0; at < ms; at++) {
      if (beat->pulse()) times.push_back(at);
      fakeMillis++;
    }
    return times;
  }
};

}  // namespace

TEST("a board asks for the beat, and pulses by its own clock from the first message on") {
  CrossCommBeat own("stage", 500);
  RoomPair pair(&own);
  CHECK(!own.pulse());
  CHECK(own.join(pair.device) == Result::Ok);
  CHECK_TEXT(pair.gateway.exchange(),
             "83086a6265686176696f757273a2" + text("sync") + text("stage") + text("periodMs") + number(500), "asks");
  pair.gateway.exchange(toldBeat(7, 500, 120));
  CHECK((pair.pulses(1500) == std::vector<uint32_t>{380, 880, 1380}));
  CHECK(own.number() == 10);
}

TEST("a beat goes on without messages, and takes its time from those that come") {
  CrossCommBeat own("stage");
  RoomPair pair(&own);
  pair.gateway.exchange(toldBeat(0, 500, 0));
  CHECK(pair.pulses(1501).size() == 3);
  // The gateway's clock is slower than the board's by a hundredth, and its messages take up to 5 ms.
  uint32_t late = 0;
  uint32_t worst = 0;
  for (uint16_t pulse = 1; pulse < 200; pulse++) {
    late = (late * 5 + 3) % 6;
    pair.pulses(late);
    pair.gateway.exchange(toldBeat(pulse, 500, 0));
    const std::vector<uint32_t> times = pair.pulses(505 - late);
    if (pulse < 100) continue;
    for (uint32_t at : times) {
      // From the pulse of the gateway: just after it, or just before the next one.
      const uint32_t off = at + late < 250 ? at + late : 505 - at - late;
      if (off > worst) worst = off;
    }
    CHECK(times.size() <= 2);
  }
  CHECK(worst <= 10);
}

TEST("a beat that has moved is found again, and one with another period at once") {
  CrossCommBeat own("stage");
  RoomPair pair(&own);
  pair.gateway.exchange(toldBeat(0, 500, 0));
  pair.pulses(700);
  for (uint16_t pulse = 1; pulse <= 5; pulse++) {
    pair.gateway.exchange(toldBeat(pulse, 500, 0));
    pair.pulses(500);
  }
  pair.gateway.exchange(toldBeat(6, 500, 0));
  CHECK((pair.pulses(999) == std::vector<uint32_t>{0, 500}));
  pair.gateway.exchange(toldBeat(8, 200, 0));
  CHECK(pair.pulses(1001).size() == 5);
}

TEST("a board knows whether it leads") {
  CrossCommLeader own("stage", "d");
  RoomPair pair(nullptr, &own);
  CHECK(own.stand(pair.device) == Result::Ok);
  CHECK_TEXT(pair.gateway.exchange(),
             "83086a6265686176696f757273a2" + text("leader") + text("stage") + text("stand") + "f5", "stands");
  const std::string head = "8408f6a2" + text("leader") + text("stage") + text("name");
  pair.gateway.exchange(head + text("d") + FROM_BEHAVIOURS);
  CHECK(own.isMe());
  pair.gateway.exchange(head + text("e") + FROM_BEHAVIOURS);
  CHECK(!own.isMe());
  pair.gateway.exchange(head + "f6" + FROM_BEHAVIOURS);
  CHECK(!own.isMe());
  CHECK(others == 0);
}

TEST("what others say about a beat or a leader is not believed") {
  CrossCommBeat own("stage");
  RoomPair pair(&own);
  pair.gateway.exchange("8408f6a1" + text("sync") + text("stage") + text("mallory"));
  CHECK(others == 1);
  CHECK(!own.pulse());
}
