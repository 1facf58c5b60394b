// This is not Nick O'Leary's PubSubClient, but a stand-in with its interface, written for these tests: that library
// cannot be installed from a package. As there, the buffer has 256 bytes, what is larger vanishes, and connect()
// waits.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "Client.h"

const int MQTT_CONNECTION_TIMEOUT = -4, MQTT_CONNECTION_LOST = -3, MQTT_CONNECT_FAILED = -2, MQTT_DISCONNECTED = -1,
          MQTT_CONNECTED = 0;

class PubSubClient : public Print {
 public:
  using Print::write;
  typedef std::function<void(char *topic, uint8_t *payload, unsigned int length)> Callback;

  PubSubClient() = default;
  explicit PubSubClient(Client &client) : client_(&client) {}
  PubSubClient(const char *host, uint16_t port, Client &client) : client_(&client), host_(host), port_(port) {}

  PubSubClient &setServer(const char *host, uint16_t port);
  PubSubClient &setCallback(Callback callback);
  PubSubClient &setClient(Client &client);
  PubSubClient &setKeepAlive(uint16_t seconds);
  PubSubClient &setSocketTimeout(uint16_t seconds);
  bool setBufferSize(uint16_t size);
  uint16_t getBufferSize() const { return static_cast<uint16_t>(buffer_.size()); }

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
  int endPublish() { return 1; }
  bool subscribe(const char *topic, uint8_t qos = 0);
  bool unsubscribe(const char *topic);

 private:
  bool sendPacket(uint8_t head, const std::string &body);
  bool readPacket(uint8_t &head, size_t &length);
  bool readByte(uint8_t &byte);

  Client *client_ = nullptr;
  const char *host_ = "";
  uint16_t port_ = 1883;
  Callback callback_;
  std::vector<uint8_t> buffer_ = std::vector<uint8_t>(256);
  uint16_t keepAliveS_ = 15;
  uint16_t socketTimeoutS_ = 15;
  uint16_t lastPacketId_ = 0;
  uint32_t sentMs_ = 0;
  uint32_t heardMs_ = 0;
  bool isPinging_ = false;
  int state_ = MQTT_DISCONNECTED;
};
