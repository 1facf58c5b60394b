// A gateway that a test plays by hand: it sees what the device sent, as hexadecimal frames, and sends frames to it.
#pragma once

#include <CrossComm.h>

#include <deque>

#include "check.h"

/** A serial line with both ends in reach. */
class FakeLine : public Stream {
 public:
  size_t write(uint8_t byte) override {
    if (isCut) return 1;
    fromDevice.push_back(byte);
    return 1;
  }
  int availableForWrite() override { return writeRoom; }
  int available() override { return static_cast<int>(toDevice.size()); }
  int read() override {
    if (toDevice.empty()) return -1;
    const uint8_t byte = toDevice.front();
    toDevice.pop_front();
    return byte;
  }

  std::vector<uint8_t> fromDevice;
  std::deque<uint8_t> toDevice;
  int writeRoom = 0;
  bool isCut = false;
};

class Gateway {
 public:
  explicit Gateway(crosscomm::Core &device) : device_(device) {}

  /** Sends a frame to the device, which sees it at its next loop(). */
  void send(const std::string &hex) {
    struct Out : Print {
      explicit Out(std::deque<uint8_t> &to) : to_(to) {}
      size_t write(uint8_t byte) override {
        to_.push_back(byte);
        return 1;
      }
      std::deque<uint8_t> &to_;
    } out(line.toDevice);
    crosscomm::SlipEncoder encoder;
    encoder.begin(out);
    for (uint8_t byte : fromHex(hex)) encoder.put(byte);
    encoder.end();
  }

  /** Lets the device work until it has read everything, and returns the frames that it sent, with blanks between. */
  std::string exchange() {
    for (int i = 0; i < 8 || !line.toDevice.empty(); i++) device_.loop();
    return heard();
  }
  std::string exchange(const std::string &hex) {
    send(hex);
    return exchange();
  }
  std::string after(uint32_t ms) {
    fakeMillis += ms;
    return exchange();
  }

  /** A Welcome; 0x400 bytes a frame and in the window, 0x40 aliases, 0x80 keys. */
  static std::string welcome(uint8_t session, uint8_t lastSeq, bool resumed) {
    const uint8_t numbers[] = {session, lastSeq};
    return "880101" + toHex(numbers, 1) + toHex(numbers + 1, 1) + "1a6955b900f58419040019040018401880" +
           (resumed ? "f5" : "f4");
  }

  FakeLine line;

 private:
  std::string heard() {
    std::string frames;
    for (uint8_t byte : line.fromDevice) {
      if (decoder_.push(byte) != crosscomm::SlipDecoder::Event::Frame) continue;
      frames += (frames.empty() ? "" : " ") + toHex(decoder_.frame(), decoder_.length());
    }
    line.fromDevice.clear();
    return frames;
  }

  struct Decoder : crosscomm::SlipDecoder {
    Decoder() { useBuffer(bytes, sizeof bytes); }
    uint8_t bytes[4096];
  };
  crosscomm::Core &device_;
  Decoder decoder_;
};
