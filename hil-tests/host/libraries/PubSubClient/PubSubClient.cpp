#include "PubSubClient.h"

#include "Arduino.h"

namespace {

const uint8_t CONNECT = 0x10, CONNACK = 0x20, PUBLISH = 0x30, SUBSCRIBE = 0x82, UNSUBSCRIBE = 0xA2, PINGREQ = 0xC0,
              PINGRESP = 0xD0, DISCONNECT = 0xE0;
const uint8_t TYPE = 0xF0, QOS = 0x06, RETAINED = 0x01;
const uint8_t PROTOCOL_3_1_1 = 4, CLEAN_SESSION = 0x02, WITH_PASSWORD = 0x40, WITH_USER = 0x80;
/** What the library takes of its buffer for a packet's head. */
const size_t HEAD_ROOM = 5;

std::string number16(size_t number) {
  return std::string{static_cast<char>(number >> 8), static_cast<char>(number)};
}
std::string text16(const std::string &text) { return number16(text.size()) + text; }

std::string packetHead(uint8_t head, size_t length) {
  std::string bytes(1, static_cast<char>(head));
  do {
    bytes += static_cast<char>((length & 127) | (length > 127 ? 128 : 0));
  } while ((length >>= 7) > 0);
  return bytes;
}

}  // namespace

PubSubClient &PubSubClient::setServer(const char *host, uint16_t port) {
  host_ = host;
  port_ = port;
  return *this;
}

PubSubClient &PubSubClient::setCallback(Callback callback) {
  callback_ = callback;
  return *this;
}

PubSubClient &PubSubClient::setClient(Client &client) {
  client_ = &client;
  return *this;
}

PubSubClient &PubSubClient::setKeepAlive(uint16_t seconds) {
  keepAliveS_ = seconds;
  return *this;
}

PubSubClient &PubSubClient::setSocketTimeout(uint16_t seconds) {
  socketTimeoutS_ = seconds;
  return *this;
}

bool PubSubClient::setBufferSize(uint16_t size) {
  if (size == 0) return false;
  buffer_.resize(size);
  return true;
}

bool PubSubClient::connect(const char *id, const char *user, const char *password) {
  if (connected()) return true;
  if (client_->connect(host_, port_) != 1) {
    state_ = MQTT_CONNECT_FAILED;
    return false;
  }
  uint8_t flags = CLEAN_SESSION;
  if (user != nullptr) flags |= WITH_USER;
  if (user != nullptr && password != nullptr) flags |= WITH_PASSWORD;
  std::string body = text16("MQTT");
  body += static_cast<char>(PROTOCOL_3_1_1);
  body += static_cast<char>(flags);
  body += number16(keepAliveS_) + text16(id);
  if ((flags & WITH_USER) != 0) body += text16(user);
  if ((flags & WITH_PASSWORD) != 0) body += text16(password);
  sendPacket(CONNECT, body);
  uint8_t head;
  size_t length;
  if (!readPacket(head, length)) {
    client_->stop();
    state_ = MQTT_CONNECTION_TIMEOUT;
    return false;
  }
  if (head != CONNACK || length != 2 || buffer_[1] != 0) {
    client_->stop();
    state_ = buffer_[1];
    return false;
  }
  state_ = MQTT_CONNECTED;
  heardMs_ = millis();
  isPinging_ = false;
  return true;
}

void PubSubClient::disconnect() {
  sendPacket(DISCONNECT, "");
  client_->stop();
  state_ = MQTT_DISCONNECTED;
}

bool PubSubClient::connected() {
  if (client_ == nullptr || state_ != MQTT_CONNECTED) return false;
  if (client_->connected()) return true;
  client_->stop();
  state_ = MQTT_CONNECTION_LOST;
  return false;
}

bool PubSubClient::loop() {
  if (!connected()) return false;
  const uint32_t keepAliveMs = keepAliveS_ * 1000U;
  if (millis() - sentMs_ > keepAliveMs || millis() - heardMs_ > keepAliveMs) {
    if (isPinging_) {
      client_->stop();
      state_ = MQTT_CONNECTION_TIMEOUT;
      return false;
    }
    sendPacket(PINGREQ, "");
    heardMs_ = millis();
    isPinging_ = true;
  }
  if (client_->available() <= 0) return true;
  uint8_t head;
  size_t length;
  if (!readPacket(head, length)) return connected();
  heardMs_ = millis();
  if ((head & TYPE) == PINGRESP) isPinging_ = false;
  if ((head & TYPE) != PUBLISH || length < 2 || !callback_) return true;
  const size_t topicLength = static_cast<size_t>(buffer_[0] << 8 | buffer_[1]);
  const size_t payloadAt = 2 + topicLength + ((head & QOS) != 0 ? 2 : 0);
  if (payloadAt > length) return true;
  // The topic moves over its length, so that there is room for the 0 at its end.
  memmove(buffer_.data(), buffer_.data() + 2, topicLength);
  buffer_[topicLength] = 0;
  callback_(reinterpret_cast<char *>(buffer_.data()), buffer_.data() + payloadAt,
            static_cast<unsigned int>(length - payloadAt));
  return true;
}

bool PubSubClient::publish(const char *topic, const char *text, bool retained) {
  return publish(topic, reinterpret_cast<const uint8_t *>(text), static_cast<unsigned int>(strlen(text)), retained);
}

bool PubSubClient::publish(const char *topic, const uint8_t *payload, unsigned int length, bool retained) {
  if (buffer_.size() < HEAD_ROOM + 2 + strlen(topic) + length) return false;
  return beginPublish(topic, length, retained) && write(payload, length) == length;
}

bool PubSubClient::beginPublish(const char *topic, unsigned int length, bool retained) {
  if (!connected()) return false;
  const std::string name = text16(topic);
  const std::string bytes = packetHead(PUBLISH | (retained ? RETAINED : 0), name.size() + length) + name;
  return write(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()) == bytes.size();
}

size_t PubSubClient::write(const uint8_t *bytes, size_t length) {
  sentMs_ = millis();
  return client_->write(bytes, length);
}

bool PubSubClient::subscribe(const char *topic, uint8_t qos) {
  if (!connected() || buffer_.size() < HEAD_ROOM + 5 + strlen(topic)) return false;
  return sendPacket(SUBSCRIBE, number16(++lastPacketId_) + text16(topic) + static_cast<char>(qos));
}

bool PubSubClient::unsubscribe(const char *topic) {
  return connected() && sendPacket(UNSUBSCRIBE, number16(++lastPacketId_) + text16(topic));
}

bool PubSubClient::sendPacket(uint8_t head, const std::string &body) {
  const std::string bytes = packetHead(head, body.size()) + body;
  return write(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()) == bytes.size();
}

/** False where it is not whole in time, or larger than the buffer; the latter is read, and gone. */
bool PubSubClient::readPacket(uint8_t &head, size_t &length) {
  uint8_t byte;
  if (!readByte(head)) return false;
  length = 0;
  int shift = 0;
  do {
    if (shift > 21 || !readByte(byte)) return false;
    length |= static_cast<size_t>(byte & 127) << shift;
    shift += 7;
  } while ((byte & 128) != 0);
  for (size_t at = 0; at < length; at++) {
    if (!readByte(byte)) return false;
    if (at < buffer_.size()) buffer_[at] = byte;
  }
  return length + HEAD_ROOM <= buffer_.size();
}

bool PubSubClient::readByte(uint8_t &byte) {
  const uint32_t sinceMs = millis();
  while (client_->available() <= 0) {
    if (!client_->connected() || millis() - sinceMs >= socketTimeoutS_ * 1000U) return false;
    delay(1);
  }
  byte = static_cast<uint8_t>(client_->read());
  return true;
}
