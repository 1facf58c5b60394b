#pragma once

#include "Core.h"

namespace crosscomm {

/** How an image is wanted. Zeros: a file as it is. */
struct ImageWish {
  uint16_t width;
  uint16_t height;
  ImageFormat format;
  ImageFit fit;

  bool isSet() const { return width != 0 || height != 0 || format != ImageFormat::AsIs; }
};

/** Takes files, one at a time: section 17 of the protocol. There is one for the whole sketch. */
class FileReceiver {
 public:
  void begin(Core &core, DownloadHandler handler);
  Result fetch(Core &core, const char *key, const ImageWish &wish);
  void cancel() { isCancelled_ = true; }
  void wish(const ImageWish &wish);
  void skip(const uint8_t *next, size_t count);
  static bool part(Core &core, CoreMemory::Event event);

 private:
  enum class State : uint8_t { Idle, Offering, Asking, Pulling, Ending };
  /** As many as a gateway offers at a time. */
  static const uint8_t MOST_WAITING = 16;

  void receive();
  void offered();
  void answered();
  void cancelled();
  void takeChunk();
  void refused();
  void renew();
  void read(const Frame &offer);
  void start();
  void pull();
  void finish(uint16_t code);
  void end(uint16_t code);
  void work();
  void workOnFile();
  bool isDue() const;
  void become(State state);
  void nextWaiting();
  void forgetWaiting(uint16_t id);
  void want();
  uint16_t windowOf() const;
  uint32_t rowBytes() const;
  void report(Download::Step step, const uint8_t *bytes, size_t length, uint16_t code);
  void send(Core::FrameWriter write) { core_->sendFrame(write, nullptr); }
  static void writeFetch(Core &core, CborWriter &writer, const void *);
  static void writeWant(Core &core, CborWriter &writer, const void *);
  static void writeEnd(Core &core, CborWriter &writer, const void *);

  Core *core_;
  DownloadHandler handler_;
  /** Of what was fetched; null where a message offered it. */
  const char *key_;
  ImageWish wish_;
  /** What was offered last: its checksum as a file, and size and checksum of what comes. */
  uint32_t offeredCrc_;
  uint32_t size_;
  uint32_t expectedCrc_;
  /** All before was taken and is in the checksum. */
  uint32_t read_;
  uint32_t crc_;
  /** What the last Want said. */
  uint32_t wanted_;
  uint32_t end_;
  uint16_t window_;
  uint16_t id_;
  uint16_t endCode_;
  uint16_t sinceMs_;
  /** Until it is said again; 0: it was not said yet. */
  uint16_t waitMs_;
  uint16_t wentBackMs_;
  /** Offers whose turn has not come. */
  uint16_t waiting_[MOST_WAITING];
  uint8_t waitingCount_;
  State state_;
  FileKind kind_;
  /** The handler knows of it, and hears of its end. */
  bool isKnown_;
  /** The handler was told that it is offered. */
  bool wasOffered_;
  bool isCancelled_;
  /** The gateway has to send again from where the device is. */
  bool goesBack_;
};

}  // namespace crosscomm
