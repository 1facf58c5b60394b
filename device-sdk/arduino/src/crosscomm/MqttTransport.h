#pragma once

#include "Transport.h"
#include "TransportRetry.h"

namespace crosscomm {

/** What the transport needs of an MQTT library: three functions. */
class MqttLink {
 public:
  /**
   * Begins to connect to the gateway, under exactly this client id, and once connected subscribes to the topic, with
   * QoS 0. A packet that comes has up to `packet` bytes. Called while there is no connection, after growing waits. It may
   * return before there is one.
   */
  virtual void connect(const char *clientId, const char *topic, size_t packet) = 0;
  /** Lets the library work; it hands received messages to MqttTransport::take(). True while connected and subscribed. */
  virtual bool loop() = 0;
  /**
   * Publishes with QoS 0, not retained. False where it could not: then nothing of it went out, or the connection was ended.
   * What the library cannot declare the length of is not begun.
   */
  virtual bool publish(const char *topic, const uint8_t *payload, size_t length) = 0;

 protected:
  ~MqttLink() {}
};

/**
 * Frames by MQTT (section 12 of the protocol), by any library for which there is an MqttLink. Use CrossCommMqtt,
 * which brings the buffer, or CrossCommPubSubClient.
 */
class MqttTransport : public Transport {
 public:
  /** `buffer` is where a frame is put together before it is published: it must hold the largest one that is sent. */
  MqttTransport(MqttLink &link, uint8_t *buffer, size_t size) : link_(link), buffer_(buffer), size_(size) {}

  /**
   * Takes a message that came, if it came to the topic of the frames; otherwise it is the sketch's own, and the
   * answer is false. From the task that calls loop(), and any number of times between two calls.
   */
  bool take(const char *topic, const uint8_t *payload, size_t length);
  /** Whether what came to that topic is a frame. */
  bool isForFrames(const char *topic);
  /**
   * For libraries that hand a payload over bit by bit: where to put a frame of that length, all of it before anything else is
   * called here. Null where it is empty, or there is no room for it, and it is dropped.
   */
  uint8_t *place(size_t length);
  /** How many frames were dropped, for want of room or of a connection. What must not get lost comes again. */
  uint16_t dropped() const { return dropped_; }
  /** Whether the device's id is too long for CROSSCOMM_MAX_TOPIC; it never connects then. */
  bool isIdTooLong() const { return prefixLength_ == 0; }

  void begin(const char *id, uint8_t *buffer, size_t size) override;
  bool open(uint32_t nowMs) override;
  /** The connection stays, whatever becomes of the session: MQTT watches over it, and the sketch may use it too. */
  void close() override {}
  bool hasRoomFor(size_t) override { return true; }
  void beginFrame(size_t length) override;
  void put(uint8_t byte) override;
  void endFrame() override;
  size_t receive(const uint8_t *&frame) override;
  /** A library may hand over several messages at a time, and there is room for one of the largest. */
  bool isHeldBack() const override { return false; }

 protected:
  /** Something came: the next attempt to connect need not wait long. */
  void works() { retry_.reset(); }

 private:
  const char *topic(const char *end);
  void drop();

  MqttLink &link_;
  Randomness random_;
  Retry retry_;
  const char *id_ = nullptr;
  char topic_[CROSSCOMM_MAX_TOPIC + 1];
  uint8_t prefixLength_ = 0;
  uint16_t dropped_ = 0;

  /** The frame on its way out. */
  uint8_t *buffer_;
  size_t size_;
  size_t length_ = 0;

  /** Frames that came, each after two bytes of its length; the first `handedOut_` bytes were received. */
  uint8_t *received_ = nullptr;
  size_t receivedSize_ = 0;
  size_t receivedLength_ = 0;
  size_t handedOut_ = 0;
};

}  // namespace crosscomm
