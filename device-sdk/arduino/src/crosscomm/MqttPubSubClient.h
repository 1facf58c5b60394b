#pragma once

#include "MqttTransport.h"

namespace crosscomm {

/** An MqttLink by PubSubClient 2.8 or later, or its like. One in a program: the library's callback has no context. */
template <class Library>
class PubSubClientLink final : public MqttLink {
 public:
  typedef void (*Callback)(char *topic, uint8_t *payload, unsigned int length);

  PubSubClientLink(Library &library, MqttTransport &transport) : library_(library), transport_(transport) {}

  const char *user = nullptr;
  const char *password = nullptr;
  /** For messages of topics that the sketch itself subscribes to. */
  Callback onMqtt = nullptr;

  void connect(const char *clientId, const char *topic, size_t packet) override {
    current() = this;
    // Its 256 bytes are for topic and payload together, and what is larger vanishes without a word.
    if (library_.getBufferSize() < packet) library_.setBufferSize(static_cast<uint16_t>(packet));
    library_.setCallback(call);
    if (library_.connect(clientId, user, password) && !library_.subscribe(topic)) library_.disconnect();
  }

  bool loop() override { return library_.loop(); }

  bool publish(const char *topic, const uint8_t *payload, size_t length) override {
    // publish() would need the whole of it in the library's buffer; this way it is written through.
    if (!library_.beginPublish(topic, static_cast<unsigned int>(length), false)) return false;
    const bool isWhole = library_.write(payload, length) == length;
    library_.endPublish();
    // The broker waits for the rest: nothing that follows would be understood.
    if (!isWhole) library_.disconnect();
    return isWhole;
  }

 private:
  static PubSubClientLink *&current() {
    static PubSubClientLink *link = nullptr;
    return link;
  }
  static void call(char *topic, uint8_t *payload, unsigned int length) {
    PubSubClientLink *link = current();
    if (!link->transport_.take(topic, payload, length) && link->onMqtt != nullptr) link->onMqtt(topic, payload, length);
  }

  Library &library_;
  MqttTransport &transport_;
};

}  // namespace crosscomm
