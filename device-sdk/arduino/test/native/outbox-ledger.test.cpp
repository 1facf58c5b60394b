#include <algorithm>
#include <memory>

#include "gateway.h"

using namespace crosscomm;

void (*afterStore)() = nullptr;

namespace {

typedef CrossCommMemory<64> Memory;
typedef CrossComm<96, 16, 3> Device;

Memory memory;
std::vector<Memory> snapshots;

void takeSnapshot() { snapshots.push_back(memory); }

/** The numbers and values of sequenced messages to "a": `[9, 2, [8, "a", 7]]` is 2 and 7. */
std::vector<std::pair<unsigned, unsigned>> messagesIn(const std::string &frames) {
  std::vector<std::pair<unsigned, unsigned>> found;
  size_t from = 0;
  while (from < frames.size()) {
    const size_t blank = std::min(frames.find(' ', from), frames.size());
    const std::vector<uint8_t> bytes = fromHex(frames.substr(from, blank - from));
    from = blank + 1;
    Frame frame;
    if (readFrame(bytes.data(), bytes.size(), bytes.size(), nullptr, frame) != Result::Ok) continue;
    if (!frame.isSequenced()) continue;
    found.push_back(
        std::make_pair(static_cast<unsigned>(frame.sequenceNumber()), static_cast<unsigned>(frame.number(1))));
  }
  return found;
}

std::string ack(unsigned number) {
  const uint8_t byte = static_cast<uint8_t>(number);
  return "820a" + toHex(&byte, 1);
}

/** What a board with this memory tells a gateway that has taken all up to `taken`. */
std::vector<unsigned> valuesAfterReset(const Memory &left, unsigned taken, uint32_t &bootId) {
  Memory copy = left;
  std::unique_ptr<Device> device(new Device());
  device->keep(copy);
  Gateway gateway(*device);
  device->begin("d", gateway.line);
  gateway.exchange();
  bootId = copy.ledger.bootId();
  std::vector<unsigned> values;
  unsigned expected = taken + 1;
  for (const auto &message : messagesIn(gateway.exchange(Gateway::welcome(10, static_cast<uint8_t>(taken), false)))) {
    CHECK(message.first == expected);
    expected++;
    values.push_back(message.second);
  }
  return values;
}

}  // namespace

TEST("what was kept before a reset is sent after it: the same boot id, the same numbers, no session") {
  memset(&memory, 0xA7, sizeof memory);
  Device first;
  Gateway before(first);
  first.bootId(7);
  first.keep(memory);
  first.begin("d", before.line);
  before.exchange();
  before.exchange(Gateway::welcome(9, 0, false));
  first.deliver("a", 1);
  first.deliver("a", 2);
  first.deliver("a", 3);
  before.exchange();
  before.exchange(ack(1));
  CHECK(first.undelivered() == 2);

  Device second;
  Gateway after(second);
  second.keep(memory);
  second.begin("d", after.line);
  CHECK(second.undelivered() == 2);
  CHECK(second.lastNumber() == 3);
  CHECK_TEXT(after.exchange(), "8800016164071860f60083020000", "hello");
  const auto messages = messagesIn(after.exchange(Gateway::welcome(10, 2, false)));
  CHECK(messages.size() == 1 && messages[0].first == 3 && messages[0].second == 3);
}

TEST("a reset after any byte that is stored loses nothing that was kept, and repeats nothing that was taken") {
  memset(&memory, 0xA7, sizeof memory);
  Device device;
  Gateway gateway(device);
  device.bootId(7);
  device.keep(memory);
  device.begin("d", gateway.line);
  gateway.exchange();
  gateway.exchange(Gateway::welcome(9, 0, false));
  unsigned kept = 0;
  unsigned taken = 0;
  unsigned acknowledged = 0;
  unsigned cuts = 0;
  // Up to 23, all numbers have one byte. Of the messages of this step: `atLeast` are kept for sure, `atMost` may be.
  auto look = [&](unsigned atLeast, unsigned atMost) {
    for (const Memory &left : snapshots) {
      uint32_t bootId = 0;
      const std::vector<unsigned> values = valuesAfterReset(left, taken, bootId);
      CHECK(bootId == 7);
      CHECK(taken + values.size() >= atLeast && taken + values.size() <= atMost);
      for (size_t i = 0; i < values.size(); i++) CHECK(values[i] == taken + 1 + i);
      cuts++;
    }
    snapshots.clear();
  };
  for (unsigned step = 0; step < 23; step++) {
    afterStore = takeSnapshot;
    const bool isKept = device.deliver("a", static_cast<long>(kept + 1)) == Result::Ok;
    afterStore = nullptr;
    look(kept, kept + (isKept ? 1 : 0));
    if (isKept) kept++;
    for (const auto &message : messagesIn(gateway.exchange())) taken = std::max(taken, message.first);
    // By one, by two, by all that are there.
    if (step % 3 != 2) continue;
    acknowledged = step % 2 == 0 ? taken : acknowledged + 1 + step % 4 / 2;
    gateway.send(ack(acknowledged));
    afterStore = takeSnapshot;
    device.loop();
    afterStore = nullptr;
    CHECK(device.undelivered() == kept - acknowledged);
    look(kept, kept);
  }
  CHECK(kept == 23);
  CHECK(cuts > 600);
}

TEST("a reset while bytes are moved after another reset still loses nothing") {
  memset(&memory, 0xA7, sizeof memory);
  Device device;
  Gateway gateway(device);
  device.bootId(7);
  device.keep(memory);
  device.begin("d", gateway.line);
  gateway.exchange();
  gateway.exchange(Gateway::welcome(9, 0, false));
  for (long i = 1; i <= 6; i++) device.deliver("a", i);
  gateway.exchange();
  gateway.send(ack(1));
  afterStore = takeSnapshot;
  device.loop();
  const std::vector<Memory> firstCuts = snapshots;
  snapshots.clear();
  for (const Memory &cut : firstCuts) {
    memory = cut;
    Device again;
    afterStore = takeSnapshot;
    again.keep(memory);
    afterStore = nullptr;
    const std::vector<Memory> secondCuts = snapshots;
    snapshots.clear();
    for (const Memory &left : secondCuts) {
      uint32_t bootId = 0;
      const std::vector<unsigned> values = valuesAfterReset(left, 1, bootId);
      CHECK(bootId == 7);
      CHECK(values == std::vector<unsigned>({2, 3, 4, 5, 6}));
    }
  }
  CHECK(firstCuts.size() > 30);
  afterStore = nullptr;
}

TEST("a memory that was never told its numbering loses nothing to a gateway that knows its boot id") {
  memset(&memory, 0xA7, sizeof memory);
  Device first;
  Gateway before(first);
  first.bootId(7);
  first.keep(memory);
  first.begin("d", before.line);
  for (long i = 1; i <= 4; i++) first.deliver("a", i);
  before.exchange();
  uint32_t bootId = 0;
  CHECK(valuesAfterReset(memory, 2, bootId) == std::vector<unsigned>({1, 2, 3, 4}));
  CHECK(bootId == 7);
}

TEST("chance in the memory, or one bit that is another one, is not taken for messages") {
  memset(&memory, 0xA7, sizeof memory);
  Device device;
  device.bootId(7);
  device.keep(memory);
  Gateway gateway(device);
  device.begin("d", gateway.line);
  for (long i = 1; i <= 4; i++) device.deliver("a", i);
  const Memory whole = memory;
  for (size_t bit = 0; bit < sizeof whole * 8; bit++) {
    memory = whole;
    reinterpret_cast<uint8_t *>(&memory)[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    Device again;
    again.keep(memory);
    // A bit of what does not count makes no difference; every other one is noticed.
    CHECK(again.undelivered() == 4 || again.undelivered() == 0);
    if (again.undelivered() == 4) {
      uint32_t bootId = 0;
      CHECK(valuesAfterReset(memory, 0, bootId) == std::vector<unsigned>({1, 2, 3, 4}));
    } else {
      CHECK(again.lastNumber() == 0);
    }
  }
  uint32_t state = 1;
  for (int i = 0; i < 20000; i++) {
    for (size_t at = 0; at < sizeof memory; at++) {
      state = state * 1664525 + 1013904223;
      reinterpret_cast<uint8_t *>(&memory)[at] = static_cast<uint8_t>(state >> 24);
    }
    Device again;
    again.keep(memory);
    CHECK(again.undelivered() == 0 && again.lastNumber() == 0);
    CHECK(memory.ledger.bootId() != 0);
  }
}
