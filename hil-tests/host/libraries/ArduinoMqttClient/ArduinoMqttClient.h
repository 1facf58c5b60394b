// This is not Arduino's ArduinoMqttClient, but a stand-in for its interface, written for these tests: that library cannot be
// installed from a package. It behaves as version 0.1.8 was seen to: a size and a flag are told apart by their type alone,
// poll() hands over all that has come where there is a callback, and one message where there is none; what is left of a
// message is read away by the next; a head that could not be written ends the connection, a payload does not.
#pragma once

#include "Arduino.h"
#include "Client.h"

#define MQTT_CONNECTION_REFUSED -2
#define MQTT_CONNECTION_TIMEOUT -1
#define MQTT_SUCCESS 0

class MqttClient : public Client {
 public:
  using Print::write;
  explicit MqttClient(Client &client) : client_(&client) {}

  void setId(const char *id) { id_ = id; }
  void setId(const String &id) { id_ = id; }
  void setUsernamePassword(const char *user, const char *password) {
    user_ = user;
    password_ = password;
  }
  void setKeepAliveInterval(unsigned long ms) { keepAliveMs_ = ms; }
  void setConnectionTimeout(unsigned long ms) { timeoutMs_ = ms; }
  int connectError() const { return connectError_; }

  int connect(IPAddress address, uint16_t port = 1883) override { return connect(address.toString().c_str(), port); }
  int connect(const char *host, uint16_t port = 1883) override;
  void stop() override;
  uint8_t connected() override { return client_->connected() != 0 && isConnected_ ? 1 : 0; }
  operator bool() override { return true; }

  int subscribe(const char *topic, uint8_t qos = 0);
  int subscribe(const String &topic, uint8_t qos = 0) { return subscribe(topic.c_str(), qos); }

  void onMessage(void (*callback)(int length)) { callback_ = callback; }
  void poll();
  /** The length of the next message, or 0. */
  int parseMessage();
  String messageTopic() const { return state_ == State::Payload ? topic_ : String(""); }
  int available() override { return state_ == State::Payload ? static_cast<int>(left_) : 0; }
  int read() override;
  int read(uint8_t *bytes, size_t length) override;
  int peek() override { return state_ == State::Payload ? client_->peek() : -1; }

  int beginMessage(const char *topic, unsigned long size, bool retain = false, uint8_t qos = 0, bool dup = false);
  int beginMessage(const char *topic, bool retain = false, uint8_t qos = 0, bool dup = false);
  int beginMessage(const String &topic, unsigned long size, bool retain = false, uint8_t qos = 0, bool dup = false) {
    return beginMessage(topic.c_str(), size, retain, qos, dup);
  }
  int beginMessage(const String &topic, bool retain = false, uint8_t qos = 0, bool dup = false) {
    return beginMessage(topic.c_str(), retain, qos, dup);
  }
  size_t write(uint8_t byte) override { return write(&byte, 1); }
  size_t write(const uint8_t *bytes, size_t length) override;
  int endMessage();

 private:
  enum class State { Type, Length, Head, TopicLength, Topic, PacketId, Payload, Rest };

  void pollOnce(uint8_t byte);
  void began();
  void hasTopic();
  void headRead();
  bool send(uint8_t head, const std::string &body, size_t more = 0);
  int waitForAnswer();
  int readInTime();

  Client *client_;
  String id_, user_, password_;
  unsigned long keepAliveMs_ = 60000, timeoutMs_ = 30000;
  uint32_t heardMs_ = 0, pingedMs_ = 0;
  bool isConnected_ = false;
  int connectError_ = MQTT_SUCCESS;
  void (*callback_)(int length) = nullptr;
  uint16_t lastPacketId_ = 0;

  State state_ = State::Type;
  uint8_t head_ = 0;
  int shift_ = 0;
  /** Of the packet, and then of its payload, what is still to come. */
  size_t left_ = 0;
  size_t topicLength_ = 0;
  String topic_;
  std::string bytes_;
  int answer_ = -1;

  bool isStreaming_ = false;
  String publishTopic_;
  bool isRetained_ = false;
  /** A payload whose size was not told: up to 256 bytes. */
  std::string gathered_;
};
