#pragma once

#include "MqttTransport.h"

namespace crosscomm {

/** Frames that come in pieces, and wait here until they are received. */
class FrameQueue {
 public:
  FrameQueue(uint8_t *bytes, size_t size) : bytes_(bytes), size_(size) {}

  void clear() { queued_ = begun_ = handedOut_ = 0; }
  /** The piece at `index` of a frame of `total` bytes. False where there is no room for it; then its other pieces are none. */
  bool put(const uint8_t *piece, size_t length, size_t index, size_t total) {
    if (index == 0) {
      if (queued_ + HEADER + total > size_) return false;
      bytes_[queued_] = static_cast<uint8_t>(total);
      bytes_[queued_ + 1] = static_cast<uint8_t>(total >> 8);
      begun_ = HEADER;
    }
    if (begun_ != HEADER + index) return true;
    memcpy(bytes_ + queued_ + begun_, piece, length);
    begun_ += length;
    if (begun_ < HEADER + total) return true;
    queued_ += begun_;
    begun_ = 0;
    return true;
  }
  /** The length of the next whole frame, and where it is until anything else is called; 0: there is none. */
  size_t take(const uint8_t *&frame) {
    if (isEmpty()) return 0;
    const size_t length = static_cast<size_t>(bytes_[0] | bytes_[1] << 8);
    handedOut_ = HEADER + length;
    frame = bytes_ + HEADER;
    return length;
  }
  /** Whether none is left; what was taken last is no more, then. */
  bool isEmpty() {
    if (handedOut_ > 0) memmove(bytes_, bytes_ + handedOut_, queued_ + begun_ - handedOut_);
    queued_ -= handedOut_;
    handedOut_ = 0;
    return queued_ == 0;
  }

 private:
  static const size_t HEADER = 2;

  uint8_t *bytes_;
  size_t size_;
  /** Of whole frames, each after two bytes of its length; then what there is of the next. */
  size_t queued_ = 0;
  size_t begun_ = 0;
  size_t handedOut_ = 0;
};

/** An MqttLink by espMqttClient 1.7, which is worked by loop(), not by a task of its own. */
template <class Library>
class EspMqttClientLink final : public MqttLink {
 public:
  typedef void (*Callback)(const char *topic, const uint8_t *piece, size_t length, size_t index, size_t total);

  EspMqttClientLink(Library &library, FrameQueue &queue) : library_(library), queue_(queue) {}

  const char *user = nullptr;
  const char *password = nullptr;
  /** For messages of topics that the sketch itself subscribes to. */
  Callback onMqtt = nullptr;
  /** Frames for which there was no room. */
  uint16_t refused = 0;

  void connect(const char *clientId, const char *topic, size_t) override {
    if (!library_.disconnected()) return;
    queue_.clear();
    isSubscribed_ = false;
    strncpy(topic_, topic, sizeof topic_ - 1);
    library_.setClientId(clientId);
    if (user != nullptr) library_.setCredentials(user, password);
    library_.onMessage(Taker{this});
    library_.connect();
  }

  bool loop() override {
    // What came is taken first. So all that it reads at a time has room, and the connection holds the gateway back.
    if (queue_.isEmpty()) library_.loop();
    if (!library_.connected()) return isSubscribed_ = false;
    if (!isSubscribed_) isSubscribed_ = library_.subscribe(topic_, 0) != 0;
    return isSubscribed_;
  }

  bool publish(const char *topic, const uint8_t *payload, size_t length) override {
    // It would keep what is published while there is no connection, too.
    return library_.connected() && library_.publish(topic, 0, false, payload, length) != 0;
  }

  /** It keeps what is published until it is written, in memory that it takes for it. */
  bool hasRoom() { return library_.queueSize() < MOST_QUEUED; }

 private:
  static const size_t MOST_QUEUED = 16;

  struct Taker {
    EspMqttClientLink *link;
    template <class Properties>
    void operator()(const Properties &, const char *topic, const uint8_t *piece, size_t length, size_t index,
                    size_t total) const {
      link->take(topic, piece, length, index, total);
    }
  };

  void take(const char *topic, const uint8_t *piece, size_t length, size_t index, size_t total) {
    if (strcmp(topic, topic_) == 0) {
      if (total > 0 && !queue_.put(piece, length, index, total) && refused < 0xFFFF) refused++;
    } else if (onMqtt != nullptr) {
      onMqtt(topic, piece, length, index, total);
    }
  }

  Library &library_;
  FrameQueue &queue_;
  char topic_[CROSSCOMM_MAX_TOPIC + 1] = {};
  bool isSubscribed_ = false;
};

}  // namespace crosscomm
