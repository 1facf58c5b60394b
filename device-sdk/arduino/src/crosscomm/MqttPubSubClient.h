#pragma once

#include "MqttTransport.h"

/** Its header would cost a sketch without a network 338 bytes. The library brings it. */
class Client;

namespace crosscomm {

/**
 * An MqttLink by PubSubClient 2.8 or later, or PubSubClient3, whose class has the same name. One in a program: the library's
 * callback has no context.
 */
template <class Library>
class PubSubClientLink final : public MqttLink {
 public:
  typedef void (*Callback)(char *topic, uint8_t *payload, unsigned int length);

  /** `client`: the library's, where it is known. */
  PubSubClientLink(Library &library, MqttTransport &transport, Client *client)
      : library_(library), transport_(transport), client_(client) {}

  const char *user = nullptr;
  const char *password = nullptr;
  /** For messages of topics that the sketch itself subscribes to. */
  Callback onMqtt = nullptr;

  void connect(const char *clientId, const char *topic, size_t packet) override {
    current() = this;
    // Its 256 bytes are for topic and payload together, and what is larger vanishes without a word.
    if (library_.getBufferSize() < packet) library_.setBufferSize(static_cast<Length>(packet < MOST ? packet : MOST));
    library_.setCallback(call);
    if (library_.connect(clientId, user, password) && !library_.subscribe(topic)) library_.disconnect();
  }

  bool loop() override { return library_.loop(); }

  bool publish(const char *topic, const uint8_t *payload, size_t length) override {
    if (TOPIC_LENGTH + strlen(topic) > MOST - (length < MOST ? length : MOST)) return false;
    // publish() would need the whole of it in the library's buffer; this way it is written through.
    const bool isWhole = library_.beginPublish(topic, static_cast<unsigned int>(length), false) &&
                         library_.write(payload, length) == length && library_.endPublish();
    if (!isWhole) end();
    return isWhole;
  }

 private:
  /** The broker waits for the rest of a message. A disconnect() would send two bytes more, which may be that rest. */
  void end() {
    if (client_ != nullptr) {
      static_cast<typename Known<Library, Client>::Type *>(client_)->stop();
    } else {
      library_.disconnect();
    }
  }

  /** A type of which all is known no sooner than of the library. */
  template <class, class Later>
  struct Known {
    typedef Later Type;
  };

  template <class Result>
  static Result resultOf(Result (Library::*)());
  template <class Result>
  static Result resultOf(Result (Library::*)() const);

  /** It counts what it declares by the type that its buffer's size has: with 16 bits in PubSubClient 2.8. */
  typedef decltype(resultOf(&Library::getBufferSize)) Length;
  static const size_t MOST = static_cast<Length>(~static_cast<Length>(0));
  /** Before the topic there is its length. */
  static const size_t TOPIC_LENGTH = 2;

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
  Client *const client_;
};

}  // namespace crosscomm
