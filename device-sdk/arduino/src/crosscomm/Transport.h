#pragma once

#include "CborWriter.h"
#include "Slip.h"

namespace crosscomm {

/** What carries frames other than a Stream: a WebSocket, MQTT. Nothing in it may block. */
class Transport : public ByteSink {
 public:
  /** Called by Core::begin(), before all else. `buffer` is for a frame that comes in: the largest, and 2 bytes. */
  virtual void begin(const char *id, uint8_t *buffer, size_t size) = 0;
  /** Connects, a step at a time, where that is needed. Called by each loop(); true while the link can carry frames. */
  virtual bool open(uint32_t nowMs) = 0;
  /** The link is of no use any more: let open() make a new one. */
  virtual void close() = 0;
  /** Whether a frame of that many bytes can be written now without blocking. */
  virtual bool hasRoomFor(size_t length) = 0;
  /** Begins a frame of exactly `length` bytes, which come by put(). */
  virtual void beginFrame(size_t length) = 0;
  virtual void endFrame() = 0;
  /** The length of the next frame that came, and where it is until the next call; 0 if there is none yet. */
  virtual size_t receive(const uint8_t *&frame) = 0;
  /** Whether the other side waits while loop() is not called. */
  virtual bool isHeldBack() const { return false; }

 protected:
  ~Transport() {}
};

#ifndef __AVR__
/**
 * Gathers the bytes of a frame on their way to a stream. One by one each would be a transfer of its own over USB on a SAMD,
 * and a lock and a flush on an RP2040 or an ESP32. An AVR's Serial has a buffer of its own.
 */
class Gatherer final : public Print {
 public:
  void begin(Print &out) { out_ = &out; }
  using Print::write;
  size_t write(uint8_t byte) override {
    bytes_[count_++] = byte;
    if (count_ == sizeof bytes_) pass();
    return 1;
  }
  /** At the end of a frame, so that nothing of it waits. */
  void pass() {
    if (count_ > 0) out_->write(bytes_, count_);
    count_ = 0;
  }

 private:
  Print *out_ = nullptr;
  size_t count_ = 0;
  uint8_t bytes_[64];
};
#endif

/**
 * Frames over anything that is a Stream: Serial, Serial1, SoftwareSerial ... The sketch opens it itself. It is no Transport, as a
 * table of virtual functions would be in an AVR's memory, with all that they call.
 */
class StreamLink {
 public:
  /** `buffer` is for a frame that comes in: the largest, and 2 bytes. */
  void begin(Stream &stream, uint8_t *buffer, size_t size) {
    stream_ = &stream;
    emptyRoom_ = 0;
    decoder_.useBuffer(buffer, size);
  }
  /** As Transport's. Linked where a sketch has something that waits for room. */
  bool hasRoomFor(size_t length);
  /** `line` takes the bytes of a frame until endFrame(). */
  void beginFrame(SlipEncoder &line);
  void endFrame(SlipEncoder &line);
  size_t receive(const uint8_t *&frame);

 private:
  Stream *stream_;
#ifndef __AVR__
  Gatherer gatherer_;
#endif
  SlipDecoder decoder_;
  uint16_t emptyRoom_;
};

}  // namespace crosscomm
