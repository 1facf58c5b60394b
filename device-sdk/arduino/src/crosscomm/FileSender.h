#pragma once

#include "Core.h"

namespace crosscomm {

/** Sends one file: section 17 of the protocol. There is one for the whole sketch, and none where nothing is sent. */
class FileSender {
 public:
  Result begin(Core &core, const char *name, FileKind kind, const char *to, uint32_t size, UploadHandler handler);
  void cancel(Core &core);
  void readFrom(Stream *stream, FileReader reader) {
    stream_ = stream;
    reader_ = reader;
  }
  static bool part(Core &core, CoreMemory::Event event);

 private:
  enum class State : uint8_t { Idle, New, Offering, Sending, Finishing };

  void receive();
  void want(uint32_t offset, uint32_t bytes);
  void work();
  bool step();
  bool isDue() const;
  void repeat();
  bool send(Core::FrameWriter write);
  bool sendChunk();
  void startWaiting();
  void readAhead();
  uint16_t take(const uint8_t *&content);
  void add(uint8_t byte);
  void add(const uint8_t *bytes, uint16_t length);
  uint16_t readAt(uint32_t offset, uint16_t length);
  void report(bool isOver, uint16_t code, const Value &key);
  void end(uint16_t code, const Value &key);
  void giveUp();
  static void writeOffer(Core &core, CborWriter &writer, const void *);
  static void writeChunk(Core &core, CborWriter &writer, const void *);
  static void writeDone(Core &core, CborWriter &writer, const void *);
  static void writeCancel(Core &core, CborWriter &writer, const void *);

  Core *core_;
  const char *name_;
  const char *to_;
  Stream *stream_;
  FileReader reader_;
  UploadHandler handler_;
  /** What the chunk that is sent now contains. */
  const uint8_t *content_;
  uint16_t length_;
  uint32_t size_;
  /** What the last Want said: all before is stored, and up to where more may be sent. */
  uint32_t wanted_;
  uint32_t end_;
  uint32_t sent_;
  /** All before was read and is in the checksum. */
  uint32_t read_;
  uint32_t crc_;
  uint16_t id_;
  uint16_t sinceMs_;
  uint16_t waitMs_;
  State state_;
  FileKind kind_;
  bool wentBack_;
  /** Where the next byte of a Stream goes: it cannot be read again, so all that is not acknowledged is kept. */
  uint16_t at_;
  uint8_t kept_[CROSSCOMM_FILE_CHUNK * CROSSCOMM_FILE_CHUNKS];
};

}  // namespace crosscomm
