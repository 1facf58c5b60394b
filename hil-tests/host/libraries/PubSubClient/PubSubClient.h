// This is not Nick O'Leary's PubSubClient, but a stand-in with its interface, written for these tests: that library
// cannot be installed from a package. It behaves as version 2.8 was seen to: the buffer has 256 bytes, what is larger
// vanishes, connect() waits for as long as the socket's timeout, the length of a packet is declared with 16 bits, and a
// publish that was cut leaves the connection as it is. With PUBSUBCLIENT_3 it is as PubSubClient3 3.3.0.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "Client.h"

#define MQTT_CONNECTION_TIMEOUT -4
#define MQTT_CONNECTION_LOST -3
#define MQTT_CONNECT_FAILED -2
#define MQTT_DISCONNECTED -1
#define MQTT_CONNECTED 0

class PubSubClient : public Print {
 public:
  using Print::write;
#ifdef PUBSUBCLIENT_3
  typedef size_t Length;
#else
  typedef uint16_t Length;
#endif
  typedef std::function<void(char *topic, uint8_t *payload, unsigned int length)> Callback;

  PubSubClient() = default;
  explicit PubSubClient(Client &client) : client_(&client) {}
  PubSubClient(const char *host, uint16_t port, Client &client) : client_(&client), host_(host), port_(port) {}
  PubSubClient(const char *host, uint16_t port, Callback callback, Client &client)
      : client_(&client), host_(host), port_(port), callback_(callback) {}

  PubSubClient &setServer(const char *host, uint16_t port);
  PubSubClient &setServer(IPAddress address, uint16_t port);
  PubSubClient &setCallback(Callback callback);
  PubSubClient &setClient(Client &client);
  PubSubClient &setKeepAlive(uint16_t seconds);
  PubSubClient &setSocketTimeout(uint16_t seconds);
  bool setBufferSize(Length size);
  Length getBufferSize() { return static_cast<Length>(buffer_.size()); }

  bool connect(const char *id, const char *user = nullptr, const char *password = nullptr);
  void disconnect();
  bool connected();
  int state() const { return state_; }
  /** Takes one packet, and keeps the connection alive. */
  bool loop();

  bool publish(const char *topic, const char *text, bool retained = false);
  bool publish(const char *topic, const uint8_t *payload, unsigned int length, bool retained = false);
  bool beginPublish(const char *topic, unsigned int length, bool retained);
  size_t write(uint8_t byte) override { return write(&byte, 1); }
  size_t write(const uint8_t *bytes, size_t length) override;
#ifdef PUBSUBCLIENT_3
  bool endPublish();
#else
  int endPublish() { return 1; }
#endif
  bool subscribe(const char *topic, uint8_t qos = 0);
  bool unsubscribe(const char *topic);

 private:
  bool sendToClient(const std::string &bytes);
  bool sendPacket(uint8_t head, const std::string &body);
  size_t readPacket(size_t &headLength);
  bool readByte(uint8_t &byte);
  void handOver(size_t headLength, size_t length);
  uint32_t timeoutMs() const { return socketTimeoutS_ * 1000U; }

  Client *client_ = nullptr;
  std::string host_;
  uint16_t port_ = 1883;
  Callback callback_;
  std::vector<uint8_t> buffer_ = std::vector<uint8_t>(256);
  /** Of a payload that is being published, where it is put together in the buffer first. */
  size_t gathered_ = 0;
  uint16_t keepAliveS_ = 15;
  uint16_t socketTimeoutS_ = 15;
  uint16_t lastPacketId_ = 0;
  uint32_t sentMs_ = 0;
  uint32_t heardMs_ = 0;
  bool isPinging_ = false;
  int state_ = MQTT_DISCONNECTED;
};
