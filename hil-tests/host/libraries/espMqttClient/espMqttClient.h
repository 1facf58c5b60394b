// This is not Bert Melis's espMqttClient, but a stand-in for its interface, written for these tests: that library cannot be
// installed from a package. It behaves as version 1.7.3 was seen to, worked by loop(): connect() and publish() only queue,
// each loop() does one step of connecting, reads up to 1,440 bytes and hands over all messages in them, a message that
// goes on beyond them in pieces.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "WiFi.h"

#ifndef EMC_RX_BUFFER_SIZE
#define EMC_RX_BUFFER_SIZE 1440
#endif

namespace espMqttClientTypes {
enum class UseInternalTask { NO = 0, YES = 1 };
enum class DisconnectReason : uint8_t { USER_OK = 0, TCP_DISCONNECTED = 7 };
struct MessageProperties {
  uint8_t qos;
  bool dup;
  bool retain;
  uint16_t packetId;
};
typedef std::function<void(bool sessionPresent)> OnConnectCallback;
typedef std::function<void(DisconnectReason reason)> OnDisconnectCallback;
typedef std::function<void(const MessageProperties &properties, const char *topic, const uint8_t *payload, size_t len,
                           size_t index, size_t total)>
    OnMessageCallback;
}  // namespace espMqttClientTypes

class espMqttClient {
 public:
#ifdef ESP8266
  espMqttClient() = default;
#else
  explicit espMqttClient(espMqttClientTypes::UseInternalTask) {}
#endif

  espMqttClient &setServer(const char *host, uint16_t port);
  espMqttClient &setClientId(const char *id);
  espMqttClient &setCredentials(const char *user, const char *password);
  espMqttClient &setKeepAlive(uint16_t seconds);
  espMqttClient &onConnect(espMqttClientTypes::OnConnectCallback callback);
  espMqttClient &onDisconnect(espMqttClientTypes::OnDisconnectCallback callback);
  espMqttClient &onMessage(espMqttClientTypes::OnMessageCallback callback);

  bool connect();
  bool disconnect(bool force = false);
  bool connected() const { return state_ == State::Connected; }
  bool disconnected() const { return state_ == State::Disconnected; }
  /** The packet's id; 0 where it could not be queued. */
  uint16_t subscribe(const char *topic, uint8_t qos);
  uint16_t publish(const char *topic, uint8_t qos, bool retain, const uint8_t *payload, size_t length);
  uint16_t publish(const char *topic, uint8_t qos, bool retain, const char *text);
  size_t queueSize() const { return queue_.size(); }
  void loop();

 private:
  enum class State { Disconnected, ConnectingTcp, ConnectingMqtt, Connected, Disconnecting, Ending };

  void send();
  void receive();
  bool parse(const std::string &bytes, size_t &at);
  bool parsePublish(const std::string &bytes, size_t &at);
  void ping();

  WiFiClient client_;
  std::string host_, id_, user_, password_;
  uint16_t port_ = 1883;
  uint32_t keepAliveMs_ = 15000;
  State state_ = State::Disconnected;
  uint16_t lastPacketId_ = 0;
  uint32_t sentMs_ = 0, heardMs_ = 0;
  bool isPinging_ = false;
  espMqttClientTypes::OnConnectCallback onConnect_;
  espMqttClientTypes::OnDisconnectCallback onDisconnect_;
  espMqttClientTypes::OnMessageCallback onMessage_;

  /** Packets that are to be written, and how much of the first one was. */
  std::deque<std::string> queue_;
  size_t written_ = 0;

  /** Of a packet whose head is not whole yet. */
  std::string begun_;
  /** The message of which a part came. */
  std::string topic_;
  uint8_t head_ = 0;
  size_t index_ = 0;
  size_t total_ = 0;
};
