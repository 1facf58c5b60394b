// Files that the device sends, with a gateway whose answers each test scripts.
#include "files.h"

using namespace crosscomm;

namespace {

const uint32_t NO_ROOM = 0;

/** The file: no two places of it that are near each other look alike. */
uint8_t byteAt(uint32_t place) { return static_cast<uint8_t>(place * 7 + (place >> 8) * 13 + (place >> 3)); }

struct Source : Stream {
  size_t write(uint8_t) override { return 0; }
  int available() override { return static_cast<int>(until - place); }
  int read() override { return place < until ? byteAt(place++) : -1; }
  uint32_t place = 0;
  /** What it has so far. */
  uint32_t until = 1000000;
};

size_t readAt(uint32_t offset, uint8_t *into, size_t length) {
  for (size_t i = 0; i < length; i++) into[i] = byteAt(offset + static_cast<uint32_t>(i));
  return length;
}

std::string reports;

void remember(const CrossCommUpload &upload) {
  reports += std::to_string(upload.stored);
  if (upload.isOver) {
    char key[40];
    upload.key.copyText(key, sizeof key);
    reports += " over " + std::to_string(upload.code) + " " + key;
  }
  reports += ";";
}

uint32_t checksum(uint32_t size) { return bitwiseCrc32(size, byteAt); }

/** The number of the file that was offered last: each that a program sends has one of its own. */
uint32_t fileId;
std::string id() { return hexNumber(fileId); }

std::string want(uint32_t offset, uint32_t bytes) { return "8411" + id() + hexNumber(offset) + hexNumber(bytes); }

struct Sender {
  Sender() : gateway(device) {
    reports.clear();
    device.begin("d", gateway.line);
    gateway.exchange();
    gateway.exchange(Gateway::welcome(9, 0, false));
  }
  ~Sender() { device.cancelFile(); }

  Result send(uint32_t size) { return device.sendFile("a", FileKind::Image, "b", source, size, remember); }
  Result sendByReader(uint32_t size) { return device.sendFile("a", FileKind::Image, "b", readAt, size, remember); }

  /** What the device offers. */
  std::string offer() {
    const std::string frames = gateway.exchange();
    eachFrame(frames, [](const Frame &frame, const std::string &) {
      CHECK(frame.type == FrameType::Offer);
      fileId = frame.number(0);
    });
    return frames;
  }

  CrossComm<96, 64, 3> device;
  Gateway gateway;
  Source source;
};

/** What a gateway stores of the frames that a device sends. */
struct Store {
  /** Takes the frames that came, but for each of which `loses` says so. */
  template <typename Loses>
  void take(const std::string &frames, Loses loses) {
    eachFrame(frames, [this, &loses](const Frame &frame, const std::string &) {
      if (!loses()) take(frame);
    });
  }

  void take(const Frame &frame) {
    isAsked = isAsked || frame.type >= FrameType::Offer;
    if (frame.type == FrameType::Offer) {
      offers++;
      fileId = frame.number(0);
    }
    if (frame.type == FrameType::Chunk && frame.number(1) == stored.size()) {
      const Value content = frame.field(2);
      stored.insert(stored.end(), content.data(), content.data() + content.size());
    }
    if (frame.type != FrameType::Done || frame.number(1) != stored.size()) return;
    isDone = true;
    crc = frame.number(2);
  }

  bool isRight(uint32_t size) const {
    if (stored.size() != size || crc != checksum(size)) return false;
    for (uint32_t i = 0; i < size; i++) {
      if (stored[i] != byteAt(i)) return false;
    }
    return true;
  }

  std::vector<uint8_t> stored;
  bool isAsked = false;
  bool isDone = false;
  uint32_t crc = 0;
  int offers = 0;
};

const auto nothing = [] { return false; };

/** Answers until all was sent, with the clock going on; `loses` frames of both ways. */
template <typename Loses>
void serve(Sender &pair, Store &store, uint32_t size, uint32_t credit, Loses loses) {
  for (int turn = 0; turn < 5000 && !store.isDone; turn++) {
    store.take(pair.gateway.after(200), loses);
    if (!store.isAsked || store.isDone || loses()) continue;
    store.isAsked = false;
    const uint32_t offset = static_cast<uint32_t>(store.stored.size());
    pair.gateway.send(want(offset, credit < size - offset ? credit : size - offset));
  }
}

}  // namespace

TEST("a file is offered, sent as far as is wanted, and ended with its checksum and the key") {
  Sender pair;
  CHECK(pair.send(20) == Result::Ok);
  const std::string offer = pair.offer();
  CHECK_TEXT(offer, "8610" + id() + "616114016162", "offer: id, name, size, kind, to");
  CHECK(fileId > 0 && fileId % 2 == 0);
  CHECK_TEXT(pair.gateway.exchange(want(0, 5)), "8412" + id() + "004500070e151c", "five bytes are wanted");
  const std::string rest = pair.gateway.exchange(want(5, 15));
  Store store;
  for (uint32_t i = 0; i < 5; i++) store.stored.push_back(byteAt(i));
  store.take(rest, nothing);
  CHECK(store.isDone && store.isRight(20));
  pair.gateway.exchange(want(20, 0));
  CHECK_TEXT(reports, "5;20;", "progress");
  pair.gateway.exchange("8313" + id() + "636b6579");
  CHECK_TEXT(reports, "5;20;20 over 0 key;", "stored");
  CHECK_TEXT(pair.gateway.after(9000), "", "nothing more");
  const uint32_t before = fileId;
  CHECK(pair.send(3) == Result::Ok);
  pair.offer();
  CHECK(fileId != before);
}

TEST("files of all lengths about a chunk's arrive unchanged, from a stream and from a reader") {
  const uint32_t CHUNK = CROSSCOMM_FILE_CHUNK;
  const uint32_t sizes[] = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, CHUNK * CROSSCOMM_FILE_CHUNKS + 3, 20000};
  for (uint32_t size : sizes) {
    for (bool isStream : {true, false}) {
      Sender pair;
      CHECK((isStream ? pair.send(size) : pair.sendByReader(size)) == Result::Ok);
      Store store;
      serve(pair, store, size, 32768, nothing);
      CHECK(store.isRight(size));
      CHECK(store.offers == 1);
    }
  }
}

TEST("a file arrives unchanged where every fifth frame of both ways is lost") {
  for (uint32_t credit : {100U, 1024U, 32768U}) {
    for (bool isStream : {true, false}) {
      Sender pair;
      CHECK((isStream ? pair.send(9000) : pair.sendByReader(9000)) == Result::Ok);
      Store store;
      uint32_t chance = credit;
      serve(pair, store, 9000, credit, [&chance] {
        chance = chance * 1103515245 + 12345;
        return (chance >> 16) % 5 == 0;
      });
      CHECK(store.isRight(9000));
    }
  }
}

TEST("no more is under way than what is kept of a stream, and no more than is wanted") {
  Sender pair;
  pair.send(100000);
  pair.offer();
  Store store;
  store.take(pair.gateway.exchange(want(0, 10)), nothing);
  CHECK(store.stored.size() == 10);
  pair.gateway.send(want(10, 90000));
  for (int i = 0; i < 10; i++) store.take(pair.gateway.exchange(), nothing);
  CHECK(store.stored.size() <= 10 + CROSSCOMM_FILE_CHUNK * CROSSCOMM_FILE_CHUNKS);
  CHECK(store.stored.size() >= 10 + CROSSCOMM_FILE_CHUNK);
}

TEST("a sketch whose loop() is slow sends several chunks each time") {
  for (bool isStream : {true, false}) {
    Sender pair;
    isStream ? pair.send(100000) : pair.sendByReader(100000);
    pair.offer();
    pair.gateway.send(want(0, 90000));
    pair.device.loop();
    CHECK(pair.gateway.line.fromDevice.size() >= CROSSCOMM_FILE_CHUNK * CROSSCOMM_FILE_CHUNKS);
  }
}

TEST("a repeated Want takes it back, once for each offset") {
  Sender pair;
  pair.send(20);
  pair.offer();
  const std::string first = pair.gateway.exchange(want(0, 20));
  CHECK_TEXT(pair.gateway.exchange(want(0, 20)), first, "again");
  CHECK_TEXT(pair.gateway.exchange(want(0, 20)), "", "an older Want may have been on its way");
  CHECK_TEXT(pair.gateway.after(600), first, "again, by the clock");
}

TEST("an Offer, chunks and the Done are said again by the clock, with growing pauses") {
  Sender pair;
  pair.send(1);
  const std::string offer = pair.offer();
  CHECK_TEXT(pair.gateway.after(400), "", "not yet");
  CHECK_TEXT(pair.gateway.after(100), offer, "after half a second");
  CHECK_TEXT(pair.gateway.after(900), "", "not yet");
  CHECK_TEXT(pair.gateway.after(100), offer, "after a second");
  const std::string all = pair.gateway.exchange(want(0, 1));
  CHECK_TEXT(all, "8412" + id() + "004100 8413" + id() + "011ad202ef8d", "chunk and done");
  pair.gateway.exchange(want(1, 0));
  CHECK_TEXT(pair.gateway.after(500), "8413" + id() + "011ad202ef8d", "done again");
  CHECK_TEXT(reports, "1;", "not over");
}

TEST("a file that a gateway has the begin of goes on there, and has the checksum of all") {
  for (bool isStream : {true, false}) {
    Sender pair;
    isStream ? pair.send(5000) : pair.sendByReader(5000);
    Store store;
    for (uint32_t i = 0; i < 3333; i++) store.stored.push_back(byteAt(i));
    serve(pair, store, 5000, 32768, nothing);
    CHECK(store.isRight(5000));
  }
}

TEST("a file that the gateway has all of is read for its checksum") {
  Sender pair;
  pair.send(5000);
  Store store;
  for (uint32_t i = 0; i < 5000; i++) store.stored.push_back(byteAt(i));
  serve(pair, store, 5000, NO_ROOM, nothing);
  CHECK(store.isRight(5000));
}

TEST("a link that is lost in the middle: the same file is offered again, and goes on") {
  Sender pair;
  pair.send(3000);
  const std::string offer = pair.offer();
  Store store;
  store.take(pair.gateway.exchange(want(0, 700)), nothing);
  pair.gateway.exchange("8103");
  pair.gateway.after(700);
  pair.gateway.exchange(Gateway::welcome(9, 0, true));
  CHECK_TEXT(pair.gateway.exchange(), "", "already said");
  store.isAsked = true;
  serve(pair, store, 3000, 700, nothing);
  CHECK(store.isRight(3000));
  CHECK(offer.size() > 0);
}

TEST("after a Welcome it waits with its Offer again") {
  Sender pair;
  pair.send(3);
  const std::string offer = pair.offer();
  pair.gateway.exchange(want(0, 3));
  pair.gateway.exchange("8103");
  pair.gateway.after(700);
  CHECK_TEXT(pair.gateway.exchange(Gateway::welcome(9, 0, true)), offer, "offer");
  CHECK_TEXT(pair.gateway.exchange("8313" + id() + "616b"), "", "the gateway had stored it");
  CHECK_TEXT(reports, "3 over 0 k;", "stored");
}

TEST("a gateway that wants what a stream cannot give any more gets a Cancel; a reader reads it again") {
  const uint32_t size = CROSSCOMM_FILE_CHUNK * 2;
  for (bool isStream : {true, false}) {
    Sender pair;
    isStream ? pair.send(size) : pair.sendByReader(size);
    pair.offer();
    pair.gateway.exchange(want(0, size));
    pair.gateway.exchange(want(CROSSCOMM_FILE_CHUNK, CROSSCOMM_FILE_CHUNK));
    pair.gateway.exchange("8103");
    pair.gateway.after(700);
    pair.gateway.exchange(Gateway::welcome(9, 0, true));
    const std::string answer = pair.gateway.exchange(want(0, size));
    if (isStream) {
      CHECK_TEXT(answer, "8214" + id(), "cancel");
      CHECK(reports.find("over 26") != std::string::npos);
    } else {
      Store store;
      store.take(answer, nothing);
      CHECK(store.isRight(size));
    }
  }
}

TEST("a wrong checksum, and any other refusal, ends it with the gateway's code") {
  Sender pair;
  pair.send(1);
  pair.offer();
  pair.gateway.exchange(want(0, 1));
  CHECK_TEXT(pair.gateway.exchange("8414" + id() + "18196162"), "", "cancel");
  CHECK_TEXT(reports, "0 over 25 ;", "wrong content");
  CHECK_TEXT(pair.gateway.after(1000), "", "nothing more");
}

TEST("a file that the gateway gave up, as it stood still, is offered again") {
  Sender pair;
  pair.send(20);
  const std::string offer = pair.offer();
  pair.gateway.exchange(want(0, 5));
  CHECK_TEXT(pair.gateway.exchange("8314" + id() + "1818"), offer, "again");
  CHECK_TEXT(pair.gateway.exchange("8314" + id() + "1818"), "", "not for each");
  CHECK_TEXT(reports, "", "not over");
}

TEST("while the gateway has no room, or a stream nothing to read, it says that it is there, and sends later") {
  Sender pair;
  pair.source.until = 4;
  pair.send(20);
  const std::string offer = pair.offer();
  CHECK_TEXT(pair.gateway.exchange(want(0, 0)), "", "no room");
  CHECK_TEXT(pair.gateway.after(500), offer, "by the clock");
  CHECK_TEXT(pair.gateway.exchange(want(0, 8)), "", "four of eight bytes");
  CHECK_TEXT(pair.gateway.after(500), offer, "by the clock");
  pair.source.until = 20;
  CHECK_TEXT(pair.gateway.exchange(), "8412" + id() + "004800070e151c232a31", "as soon as there are eight");
}

TEST("a file is cancelled by the sketch, and only one is sent at a time") {
  Sender pair;
  CHECK(pair.send(20) == Result::Ok);
  CHECK(pair.send(20) == Result::FileUnderWay);
  pair.offer();
  pair.device.cancelFile();
  CHECK_TEXT(pair.gateway.exchange(), "8214" + id(), "cancel");
  CHECK_TEXT(pair.gateway.exchange(want(0, 20)), "", "nothing more");
  CHECK(pair.send(20) == Result::Ok);
}

TEST("Wants of other files, and beyond the end, change nothing") {
  Sender pair;
  pair.send(20);
  pair.offer();
  fileId += 2;
  CHECK_TEXT(pair.gateway.exchange(want(0, 20)), "", "another id");
  fileId -= 2;
  CHECK_TEXT(pair.gateway.exchange(want(21, 20)), "", "beyond the end");
  const std::string last = "8412" + id() + "1341";
  CHECK_TEXT(pair.gateway.exchange(want(19, 0xFFFFFFFF)).substr(0, last.size()), last, "one byte is left");
}

TEST("a name that does not fit the gateway's frames ends it") {
  Sender pair;
  const std::string name(1100, 'x');
  pair.device.sendFile(name.c_str(), FileKind::File, "b", pair.source, 20, remember);
  CHECK_TEXT(pair.gateway.exchange(), "", "nothing");
  CHECK_TEXT(reports, "0 over 3 ;", "too large");
}
