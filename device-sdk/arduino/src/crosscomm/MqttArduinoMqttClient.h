#pragma once

#include "MqttTransport.h"

namespace crosscomm {

/** An MqttLink by ArduinoMqttClient 0.1.8, whose class is MqttClient. */
template <class Library>
class ArduinoMqttClientLink final : public MqttLink {
 public:
  typedef void (*Callback)(int length);

  ArduinoMqttClientLink(Library &library, MqttTransport &transport, const char *host, uint16_t port)
      : library_(library), transport_(transport), host_(host), port_(port) {}

  const char *user = nullptr;
  const char *password = nullptr;
  /** For messages of topics that the sketch itself subscribes to: it reads them from the library. */
  Callback onMqtt = nullptr;

  void connect(const char *clientId, const char *topic, size_t) override {
    isBroken_ = false;
    library_.setId(clientId);
    if (user != nullptr) library_.setUsernamePassword(user, password != nullptr ? password : "");
    if (library_.connect(host_, port_) && !library_.subscribe(topic)) library_.stop();
  }

  bool loop() override {
    if (isBroken_) return false;
    // One message at a time: the rest stays in the connection, which so holds the gateway back.
    const int length = library_.parseMessage();
    if (length > 0) take(static_cast<size_t>(length));
    return library_.connected() != 0;
  }

  bool publish(const char *topic, const uint8_t *payload, size_t length) override {
    if (isBroken_) return false;
    // A size_t would do for a flag as well. Where this fails, the library has ended the connection.
    if (!library_.beginMessage(topic, static_cast<unsigned long>(length))) return false;
    // The broker waits for the rest. Its stop() would send a DISCONNECT, whose two bytes may be that rest: it is left, and the next
    // connect() closes the connection without a word.
    isBroken_ = library_.write(payload, length) != length || !library_.endMessage();
    return !isBroken_;
  }

 private:
  void take(size_t length) {
    if (!transport_.isForFrames(library_.messageTopic().c_str())) {
      if (onMqtt != nullptr) onMqtt(static_cast<int>(length));
      return;
    }
    uint8_t *const at = transport_.place(length);
    // A payload that does not come whole means that the connection is over.
    if (at != nullptr && static_cast<size_t>(library_.read(at, length)) != length) library_.stop();
  }

  Library &library_;
  MqttTransport &transport_;
  const char *const host_;
  const uint16_t port_;
  /** The broker has but a part of a message. */
  bool isBroken_ = false;
};

}  // namespace crosscomm
