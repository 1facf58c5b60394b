// Files that come to the device, with a gateway whose frames each test scripts.
#include "files.h"

using namespace crosscomm;

namespace {

uint8_t byteAt(uint32_t place) { return static_cast<uint8_t>(place * 11 + (place >> 8) * 5 + 3); }

uint32_t checksum(uint32_t size) { return bitwiseCrc32(size, byteAt); }

std::string textOf(const Value &value) {
  char text[80];
  value.copyText(text, sizeof text);
  return text;
}

std::string steps;
std::vector<uint8_t> taken;
/** What the sketch does with what is offered, and with each chunk. */
void (*wish)(CrossCommFile &file);

void onFile(CrossCommFile &file) {
  if (file.isOffered()) {
    taken.clear();
    steps += "offered " + textOf(file.name) + " " + textOf(file.from) + " " + textOf(file.key) + " " +
             std::to_string(file.size) + ";";
  }
  if (file.isChunk()) {
    CHECK(file.offset == taken.size());
    taken.insert(taken.end(), file.bytes, file.bytes + file.length);
    steps += std::to_string(file.length) + ";";
  }
  if (file.isOver()) steps += "over " + std::to_string(file.code) + ";";
  if (wish != nullptr) wish(file);
}

bool isTaken(uint32_t size) {
  if (taken.size() != size) return false;
  for (uint32_t i = 0; i < size; i++) {
    if (taken[i] != byteAt(i)) return false;
  }
  return true;
}

/** An Offer of a file `f` of web-1's; `id` below 24. */
std::string offer(uint8_t id, uint32_t size, uint32_t crc) {
  return "8710" + hexNumber(id) + "6166" + hexNumber(size) + "01657765622d31" + hexNumber(crc);
}
std::string offer(uint8_t id, uint32_t size) { return offer(id, size, checksum(size)); }
std::string sequenced(uint8_t number, const std::string &frame) { return "8309" + hexNumber(number) + frame; }
std::string chunk(uint8_t id, uint32_t offset, uint32_t length) {
  std::vector<uint8_t> bytes;
  for (uint32_t i = 0; i < length; i++) bytes.push_back(byteAt(offset + i));
  const std::string content = hexOf([&bytes](CborWriter &writer) { writer.bytes(bytes.data(), bytes.size()); });
  return "8412" + hexNumber(id) + hexNumber(offset) + content;
}
std::string want(uint8_t id, uint32_t offset, uint32_t bytes) {
  return "8411" + hexNumber(id) + hexNumber(offset) + hexNumber(bytes);
}
const std::string DONE = "8309018213";

struct Taker {
  Taker() : gateway(device) {
    steps.clear();
    taken.clear();
    wish = nullptr;
    device.onFile(onFile);
    device.begin("d", gateway.line);
    hello = gateway.exchange();
    gateway.exchange(Gateway::welcome(9, 0, false));
  }

  /** What the device answers to a frame, but for its acknowledgements. */
  std::string answer(const std::string &frame) { return withoutAcks(gateway.exchange(frame)); }
  std::string after(uint32_t ms) { return withoutAcks(gateway.after(ms)); }

  CrossComm<96, 64, 3> device;
  Gateway gateway;
  std::string hello;

 private:
  static std::string withoutAcks(const std::string &frames) {
    std::string rest;
    eachFrame(frames, [&rest](const Frame &frame, const std::string &hex) {
      if (frame.type != FrameType::Ack) rest += (rest.empty() ? "" : " ") + hex;
    });
    return rest;
  }
};

/** The frame of 96 bytes has room for so much of a file. */
const uint32_t ROOM = 81;

/** Sends what the device wants until it says Done, but loses frames of both ways. */
template <typename Loses>
bool serve(Taker &taker, uint8_t id, uint32_t size, Loses loses) {
  uint32_t at = 0, end = 0, wanted = 0;
  std::string frames = taker.answer(sequenced(1, offer(id, size)));
  for (int turn = 0; turn < 3000; turn++) {
    bool isDone = false;
    eachFrame(frames, [&](const Frame &frame, const std::string &) {
      isDone = isDone || frame.isSequenced();
      if (frame.type != FrameType::Want || loses()) return;
      const uint32_t offset = frame.number(1), until = offset + frame.number(2);
      CHECK(until <= size);
      // As a gateway does: further on it goes on, and back otherwise.
      if (!(offset > wanted || (offset == wanted && until > end)) || offset > at) at = offset;
      wanted = offset;
      end = until;
    });
    if (isDone) return steps.find("over 0;") != std::string::npos;
    frames.clear();
    while (at < end) {
      const uint32_t length = end - at < ROOM ? end - at : ROOM;
      if (!loses()) frames += (frames.empty() ? "" : " ") + taker.answer(chunk(id, at, length));
      at += length;
    }
    frames += (frames.empty() ? "" : " ") + taker.after(200);
  }
  return false;
}

}  // namespace

TEST("a device whose sketch takes files says so") {
  Taker taker;
  eachFrame(taker.hello, [](const Frame &frame, const std::string &) { CHECK((frame.number(5) & 4) == 4); });
}

TEST("a file that is offered is pulled a chunk at a time, and acknowledged whole") {
  Taker taker;
  CHECK_TEXT(taker.answer(sequenced(1, offer(1, 100))), want(1, 0, 81), "what fits a frame");
  CHECK_TEXT(taker.answer(chunk(1, 0, 81)), want(1, 81, 19), "the rest");
  CHECK_TEXT(taker.answer(chunk(1, 81, 19)), DONE + "01", "done, in a sequenced frame");
  CHECK_TEXT(steps, "offered f web-1  100;81;19;over 0;", "steps");
  CHECK(isTaken(100));
}

TEST("an Offer has the object's key, where the gateway tells it") {
  Taker taker;
  std::string frame = offer(1, 5) + "636b6579";
  frame.replace(0, 2, "88");
  taker.answer(sequenced(1, frame));
  CHECK_TEXT(steps, "offered f web-1 key 5;", "key");
}

TEST("an empty file is over at once") {
  Taker taker;
  CHECK_TEXT(taker.answer(sequenced(1, offer(1, 0))), DONE + "01", "done");
  CHECK_TEXT(steps, "offered f web-1  0;over 0;", "steps");
}

TEST("files of all lengths arrive unchanged, also where every fifth frame of both ways is lost") {
  for (uint32_t size : {1U, ROOM - 1, ROOM, ROOM + 1, 2 * ROOM, 5000U}) {
    Taker whole;
    CHECK(serve(whole, 1, size, [] { return false; }));
    CHECK(isTaken(size));
    Taker lossy;
    uint32_t chance = size;
    CHECK(serve(lossy, 1, size, [&chance] {
      chance = chance * 1103515245 + 12345;
      return (chance >> 16) % 5 == 0;
    }));
    CHECK(isTaken(size));
  }
}

TEST("a chunk that is lost is wanted again by the clock, with growing pauses") {
  Taker taker;
  const std::string first = taker.answer(sequenced(1, offer(1, 100)));
  CHECK_TEXT(taker.after(499), "", "not yet");
  CHECK_TEXT(taker.after(1), first, "again");
  CHECK_TEXT(taker.after(999), "", "not yet");
  CHECK_TEXT(taker.after(1), first, "and again");
}

TEST("a gap is told of at once, and not for each chunk behind it") {
  Taker taker;
  taker.answer(sequenced(1, offer(1, 200)));
  fakeMillis += 200;
  CHECK_TEXT(taker.answer(chunk(1, 81, 19)), want(1, 0, 81), "the one before it");
  CHECK_TEXT(taker.answer(chunk(1, 100, 19)), "", "told already");
  CHECK_TEXT(steps, "offered f web-1  200;", "nothing of it");
}

TEST("what came already, comes twice, or is of another file changes nothing") {
  Taker taker;
  taker.answer(sequenced(1, offer(1, 100)));
  taker.answer(chunk(1, 0, 50));
  CHECK_TEXT(taker.answer(chunk(1, 0, 50)), "", "twice");
  CHECK_TEXT(taker.answer(chunk(3, 50, 10)), "", "another file");
  CHECK_TEXT(taker.answer("841201183240"), "", "nothing in it");
  CHECK_TEXT(taker.answer("841201183205"), "", "no bytes");
  CHECK(isTaken(50));
}

TEST("a file with another checksum, or one longer than it should be, is refused") {
  Taker taker;
  taker.answer(sequenced(1, offer(1, 5, 1)));
  CHECK_TEXT(taker.answer(chunk(1, 0, 5)), "8309018314011819", "cancel: wrong content");
  CHECK_TEXT(steps, "offered f web-1  5;5;over 25;", "steps");
  steps.clear();
  taker.answer(sequenced(2, offer(3, 5)));
  CHECK_TEXT(taker.answer(chunk(3, 0, 6)), "8309028314031819", "too long");
  CHECK_TEXT(steps, "offered f web-1  5;over 25;", "nothing of it");
}

TEST("the sketch may not want it, or no more of it, and hears nothing more") {
  Taker taker;
  wish = [](CrossCommFile &file) { file.cancel(); };
  CHECK_TEXT(taker.answer(sequenced(1, offer(1, 100))), "830901821401", "cancel");
  CHECK_TEXT(steps, "offered f web-1  100;", "only that");
  wish = [](CrossCommFile &file) {
    if (file.isChunk()) file.cancel();
  };
  taker.answer(sequenced(2, offer(3, 100)));
  CHECK_TEXT(taker.answer(chunk(3, 0, 81)), "830902821403", "cancel");
  CHECK_TEXT(taker.answer(chunk(3, 81, 19)), "", "it is over");
}

TEST("a gateway that gives it up ends it") {
  Taker taker;
  taker.answer(sequenced(1, offer(1, 100)));
  CHECK_TEXT(taker.answer("8314011818"), "", "no answer");
  CHECK_TEXT(steps, "offered f web-1  100;over 24;", "no file");
}

TEST("files that are offered meanwhile wait, and are fetched when their turn comes") {
  Taker taker;
  taker.answer(sequenced(1, offer(1, 5)));
  CHECK_TEXT(taker.answer(sequenced(2, offer(3, 6))), "", "waits");
  CHECK_TEXT(taker.answer(sequenced(3, offer(5, 7))), "", "waits");
  CHECK_TEXT(taker.answer("8314031818"), "", "the second is gone");
  CHECK_TEXT(taker.answer(chunk(1, 0, 5)), DONE + "01 821505", "the third one's turn");
  CHECK_TEXT(taker.after(500), DONE + "01 821505", "said again");
  CHECK_TEXT(taker.answer(offer(5, 7)), want(5, 0, 7), "an Offer answers");
  taker.answer(chunk(5, 0, 7));
  CHECK_TEXT(steps, "offered f web-1  5;5;over 0;offered f web-1  7;7;over 0;", "steps");
}

TEST("one that is gone when its turn comes is passed over") {
  Taker taker;
  taker.answer(sequenced(1, offer(1, 5)));
  taker.answer(sequenced(2, offer(3, 6)));
  taker.answer(sequenced(3, offer(5, 7)));
  taker.answer(chunk(1, 0, 5));
  CHECK_TEXT(taker.answer("84021818608115"), "821505", "no file, about the Fetch");
  CHECK_TEXT(steps, "offered f web-1  5;5;over 0;", "the sketch never knew of it");
}

TEST("after a lost link it goes on where it was, and takes the gateway back to there") {
  Taker taker;
  taker.answer(sequenced(1, offer(1, 300)));
  taker.answer(chunk(1, 0, 30));
  taker.answer("8103");
  taker.after(700);
  const std::string again = want(1, 30, 81);
  CHECK_TEXT(taker.answer(Gateway::welcome(9, 0, true)), again + " " + again, "where it is, and once more");
  taker.answer(chunk(1, 30, 81));
  CHECK(isTaken(111));
}

TEST("in a new session it is offered again, and goes on; another file with its number begins anew") {
  Taker taker;
  taker.answer(sequenced(1, offer(1, 100)));
  taker.answer(chunk(1, 0, 81));
  taker.answer("8103");
  taker.after(700);
  taker.answer(Gateway::welcome(10, 0, false));
  CHECK_TEXT(taker.answer(sequenced(1, offer(1, 100))), "", "the same");
  CHECK_TEXT(taker.answer(sequenced(2, offer(1, 200))), want(1, 0, 81), "another");
  CHECK_TEXT(steps, "offered f web-1  100;81;over 24;offered f web-1  200;", "steps");
}

TEST("a file that is offered again before the gateway heard that it is over is not taken twice") {
  Taker taker;
  taker.answer(sequenced(1, offer(1, 5)));
  taker.answer(chunk(1, 0, 5));
  taker.answer("8103");
  taker.after(700);
  CHECK_TEXT(taker.answer(Gateway::welcome(10, 0, false)), DONE + "01", "it is said again");
  CHECK_TEXT(taker.answer(sequenced(1, offer(1, 5))), "", "known");
  taker.answer("820a01");
  CHECK_TEXT(taker.answer(sequenced(2, offer(1, 5))), want(1, 0, 5), "sent again by somebody");
}

TEST("an image is fetched as the sketch wants it, in whole rows") {
  Taker taker;
  wish = [](CrossCommFile &file) {
    if (file.isOffered()) file.asImage(16, 10, CrossCommFormat::Rgb565, CrossCommFit::Cover);
  };
  CHECK_TEXT(taker.answer(sequenced(1, offer(1, 9999))), "831501a40010010a02010301", "fetch");
  CHECK_TEXT(taker.answer(offer(1, 320)), want(1, 0, 64), "two rows of 32 bytes");
  CHECK_TEXT(taker.answer(chunk(1, 0, 64)), want(1, 64, 64), "and two more");
  CHECK_TEXT(steps, "offered f web-1  9999;64;", "steps");
}

TEST("rows of the other formats are whole too, also where one of the sizes follows from the other") {
  struct Case {
    uint16_t width, height;
    CrossCommFormat format;
    uint32_t size, chunk;
  };
  static Case now;
  for (const Case &each : {Case{20, 9, CrossCommFormat::Mono, 27, 27}, Case{100, 20, CrossCommFormat::Mono, 260, 78},
                           Case{21, 20, CrossCommFormat::Gray4, 220, 77}, Case{0, 10, CrossCommFormat::Gray4, 400, 80},
                           Case{100, 4, CrossCommFormat::Rgb565, 800, 81}, Case{0, 0, CrossCommFormat::Mono, 800, 81},
                           Case{64, 64, CrossCommFormat::Jpeg, 800, 81}}) {
    now = each;
    Taker taker;
    wish = [](CrossCommFile &file) {
      if (file.isOffered()) file.asImage(now.width, now.height, now.format);
    };
    taker.answer(sequenced(1, offer(1, 9999)));
    CHECK_TEXT(taker.answer(offer(1, each.size)), want(1, 0, each.chunk), "whole rows, or all there is room for");
  }
}

TEST("an image that cannot be had ends it, and a gateway that is busy is asked again") {
  Taker taker;
  wish = [](CrossCommFile &file) {
    if (file.isOffered()) file.asImage(8, 8, CrossCommFormat::Mono);
  };
  const std::string fetch = taker.answer(sequenced(1, offer(1, 99)));
  CHECK_TEXT(taker.answer("840213608115"), "", "later");
  CHECK_TEXT(taker.after(500), fetch, "again");
  CHECK_TEXT(taker.answer("8402181c608115"), "", "no image");
  CHECK_TEXT(steps, "offered f web-1  99;over 28;", "steps");
}

TEST("an image is fetched again in a new session, and goes on where it is the same") {
  Taker taker;
  wish = [](CrossCommFile &file) {
    if (file.isOffered()) file.asImage(16, 10, CrossCommFormat::Rgb565);
  };
  const std::string fetch = taker.answer(sequenced(1, offer(1, 9999)));
  taker.answer(offer(1, 320));
  taker.answer(chunk(1, 0, 64));
  taker.answer("8103");
  taker.after(700);
  CHECK_TEXT(taker.answer(Gateway::welcome(10, 0, false)), fetch, "fetched again");
  CHECK_TEXT(taker.answer(sequenced(1, offer(1, 9999))), "", "as it is, it is not wanted");
  CHECK_TEXT(taker.answer(offer(1, 320)), want(1, 64, 64), "goes on");
}

TEST("a file is fetched by its key, and again by it where the gateway has forgotten it") {
  Taker taker;
  CHECK(taker.device.fetchFile("k/1") == Result::Ok);
  CHECK(taker.device.fetchFile("k/2") == Result::FileUnderWay);
  CHECK_TEXT(taker.gateway.exchange(), "8215636b2f31", "fetch");
  CHECK_TEXT(taker.answer(offer(3, 100)), want(3, 0, 81), "it is had");
  taker.answer(chunk(3, 0, 81));
  CHECK_TEXT(taker.answer("8314031818"), "8215636b2f31", "no file: fetched again");
  CHECK_TEXT(taker.answer(offer(5, 100)), want(5, 81, 19), "goes on under its new number");
  CHECK_TEXT(taker.answer(chunk(5, 81, 19)), DONE + "05", "done");
  CHECK_TEXT(steps, "offered f web-1  100;81;19;over 0;", "steps");
  CHECK(isTaken(100));
}

TEST("an object that is not there, or not the same any more, ends it") {
  Taker taker;
  taker.device.fetchImage("k", 8, 0, CrossCommFormat::Gray4);
  CHECK_TEXT(taker.gateway.exchange(), "8315616ba200080303", "fetch");
  taker.answer("84021818608115");
  CHECK_TEXT(steps, "over 24;", "no file");
  steps.clear();
  taker.device.fetchFile("k");
  taker.gateway.exchange();
  taker.answer(offer(3, 100));
  taker.answer(chunk(3, 0, 50));
  taker.answer("8314031818");
  CHECK_TEXT(taker.answer(offer(5, 100, 7)), "8309018314051818", "another one is there now");
  CHECK_TEXT(steps, "offered f web-1  100;50;over 24;", "steps");
}

TEST("a fetch needs a handler, and a device that has begun") {
  CrossComm<96, 64, 3> device;
  CHECK(device.fetchFile("k") == Result::NotBegun);
  device.onFile(onFile);
  CHECK(device.fetchFile("k") == Result::NotBegun);
}
