#include "PubSubClient.h"

#include "Arduino.h"

namespace {

const uint8_t CONNECT = 0x10, PUBLISH = 0x30, PUBACK = 0x40, SUBSCRIBE = 0x82, UNSUBSCRIBE = 0xA2, PINGREQ = 0xC0,
              PINGRESP = 0xD0, DISCONNECT = 0xE0;
const uint8_t TYPE = 0xF0, QOS = 0x06, QOS_1 = 0x02, RETAINED = 0x01;
const uint8_t PROTOCOL_3_1_1 = 4, CLEAN_SESSION = 0x02, WITH_PASSWORD = 0x40, WITH_USER = 0x80;
/** What the library takes of its buffer for a packet's head. */
const size_t HEAD_ROOM = 5;

std::string number16(size_t number) { return std::string{static_cast<char>(number >> 8), static_cast<char>(number)}; }
std::string text16(const std::string &text) { return number16(text.size()) + text; }

/** What a packet begins with. Its length has the bits that the library counts with. */
std::string packetHead(uint8_t head, PubSubClient::Length length) {
  std::string bytes(1, static_cast<char>(head));
  do {
    bytes += static_cast<char>((length & 127) | (length > 127 ? 128 : 0));
    length = static_cast<PubSubClient::Length>(length >> 7);
  } while (length > 0);
  return bytes;
}

}  // namespace

PubSubClient &PubSubClient::setServer(const char *host, uint16_t port) {
  host_ = host;
  port_ = port;
  return *this;
}

PubSubClient &PubSubClient::setServer(IPAddress address, uint16_t port) {
  return setServer(address.toString().c_str(), port);
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

bool PubSubClient::setBufferSize(Length size) {
  if (size == 0) return false;
  buffer_.resize(size);
  return true;
}

bool PubSubClient::connect(const char *id, const char *user, const char *password) {
  if (connected()) return true;
  if (!client_->connected() && client_->connect(host_.c_str(), port_) != 1) {
    state_ = MQTT_CONNECT_FAILED;
    return false;
  }
  lastPacketId_ = 1;
  uint8_t flags = CLEAN_SESSION;
  if (user != nullptr) flags |= WITH_USER;
  if (user != nullptr && password != nullptr) flags |= WITH_PASSWORD;
  std::string body = text16("MQTT");
  body += static_cast<char>(PROTOCOL_3_1_1);
  body += static_cast<char>(flags);
  body += number16(keepAliveS_) + text16(id);
  if ((flags & WITH_USER) != 0) body += text16(user);
  if ((flags & WITH_PASSWORD) != 0) body += text16(password);
  if (HEAD_ROOM + body.size() > buffer_.size()) {
    client_->stop();
    return false;
  }
  const bool isSent = sendPacket(CONNECT, body);
#ifdef PUBSUBCLIENT_3
  if (!isSent) {
    state_ = MQTT_CONNECT_FAILED;
    client_->stop();
    return false;
  }
#else
  (void)isSent;
#endif
  heardMs_ = sentMs_ = millis();
  // Also where the connection is over by now.
  while (client_->available() <= 0) {
    delay(1);
    if (millis() - heardMs_ < timeoutMs()) continue;
    state_ = MQTT_CONNECTION_TIMEOUT;
    client_->stop();
    return false;
  }
  size_t headLength;
  const size_t length = readPacket(headLength);
  if (length == 4 && buffer_[3] == 0) {
    heardMs_ = millis();
    isPinging_ = false;
    state_ = MQTT_CONNECTED;
    return true;
  }
  if (length == 4) state_ = buffer_[3];
  client_->stop();
  return false;
}

void PubSubClient::disconnect() {
  sendPacket(DISCONNECT, "");
  state_ = MQTT_DISCONNECTED;
  client_->stop();
  heardMs_ = sentMs_ = millis();
}

bool PubSubClient::connected() {
  if (client_ == nullptr) return false;
  if (client_->connected()) return state_ == MQTT_CONNECTED;
  if (state_ != MQTT_CONNECTED) return false;
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
    heardMs_ = sentMs_ = millis();
    isPinging_ = true;
  }
  if (client_->available() <= 0) return true;
  size_t headLength;
  const size_t length = readPacket(headLength);
  if (length == 0) return connected();
  heardMs_ = millis();
  const uint8_t type = buffer_[0] & TYPE;
  if (type == PINGRESP) isPinging_ = false;
  if (type == PINGREQ) sendPacket(PINGRESP, "");
  if (type == PUBLISH && callback_) handOver(headLength, length);
  return true;
}

/** The packet in the buffer, a PUBLISH. */
void PubSubClient::handOver(size_t headLength, size_t length) {
  const size_t topicLength = static_cast<size_t>(buffer_[headLength] << 8 | buffer_[headLength + 1]);
  size_t payloadAt = headLength + 2 + topicLength;
  const uint8_t qos = buffer_[0] & QOS;
  const std::string packetId(reinterpret_cast<char *>(buffer_.data()) + payloadAt, 2);
#ifdef PUBSUBCLIENT_3
  const bool hasPacketId = qos != 0;
#else
  // With QoS 2 it takes the packet's id for payload.
  const bool hasPacketId = qos == QOS_1;
#endif
  if (hasPacketId) payloadAt += 2;
  // The topic moves by one byte, so that there is room for the 0 at its end.
  char *const topic = reinterpret_cast<char *>(buffer_.data()) + headLength + 1;
  memmove(topic, topic + 1, topicLength);
  topic[topicLength] = 0;
  callback_(topic, buffer_.data() + payloadAt, static_cast<unsigned int>(length - payloadAt));
  if (qos == QOS_1) sendPacket(PUBACK, packetId);
}

bool PubSubClient::publish(const char *topic, const char *text, bool retained) {
  return publish(topic, reinterpret_cast<const uint8_t *>(text), static_cast<unsigned int>(strlen(text)), retained);
}

bool PubSubClient::publish(const char *topic, const uint8_t *payload, unsigned int length, bool retained) {
#ifdef PUBSUBCLIENT_3
  return beginPublish(topic, length, retained) && write(payload, length) == length && endPublish();
#else
  if (!connected() || buffer_.size() < HEAD_ROOM + 2 + strlen(topic) + length) return false;
  return sendPacket(PUBLISH | (retained ? RETAINED : 0),
                    text16(topic) + std::string(reinterpret_cast<const char *>(payload), length));
#endif
}

bool PubSubClient::beginPublish(const char *topic, unsigned int length, bool retained) {
  if (!connected()) return false;
  const std::string name = text16(topic);
#ifdef PUBSUBCLIENT_3
  if (HEAD_ROOM + name.size() > buffer_.size()) return false;
#endif
  return sendToClient(packetHead(PUBLISH | (retained ? RETAINED : 0), static_cast<Length>(name.size() + length)) +
                      name);
}

#ifdef PUBSUBCLIENT_3
size_t PubSubClient::write(const uint8_t *bytes, size_t length) {
  for (size_t at = 0; at < length; at++) {
    buffer_[gathered_++] = bytes[at];
    if (gathered_ == buffer_.size() && !endPublish()) return at;
  }
  return length;
}

bool PubSubClient::endPublish() {
  const size_t count = gathered_;
  gathered_ = 0;
  if (!connected()) return false;
  return count == 0 || sendToClient(std::string(reinterpret_cast<char *>(buffer_.data()), count));
}
#else
size_t PubSubClient::write(const uint8_t *bytes, size_t length) {
  sentMs_ = millis();
  return client_->write(bytes, length);
}
#endif

bool PubSubClient::subscribe(const char *topic, uint8_t qos) {
  if (qos > 1 || buffer_.size() < HEAD_ROOM + 5 + strlen(topic) || !connected()) return false;
  return sendPacket(SUBSCRIBE, number16(++lastPacketId_) + text16(topic) + static_cast<char>(qos));
}

bool PubSubClient::unsubscribe(const char *topic) {
  return connected() && sendPacket(UNSUBSCRIBE, number16(++lastPacketId_) + text16(topic));
}

bool PubSubClient::sendToClient(const std::string &bytes) {
  sentMs_ = millis();
  return client_->write(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()) == bytes.size();
}

bool PubSubClient::sendPacket(uint8_t head, const std::string &body) {
  return sendToClient(packetHead(head, static_cast<Length>(body.size())) + body);
}

/**
 * Reads a packet into the buffer, its head of `headLength` bytes as well, and returns how long it is. 0 where it is not whole
 * in time, or larger than the buffer; the latter is read, and gone.
 */
size_t PubSubClient::readPacket(size_t &headLength) {
  size_t length = 0;
  size_t count = 0;
  uint8_t byte;
  if (!readByte(buffer_[count++])) return 0;
  do {
    if (count == HEAD_ROOM) {
      state_ = MQTT_DISCONNECTED;
      client_->stop();
      return 0;
    }
    if (!readByte(byte)) return 0;
    length |= static_cast<size_t>(byte & 127) << (7 * (count - 1));
    buffer_[count++] = byte;
  } while ((byte & 128) != 0);
  headLength = count;
  for (size_t left = length; left > 0; left--) {
    if (!readByte(byte)) return 0;
    if (count < buffer_.size()) buffer_[count] = byte;
    count++;
  }
  return count <= buffer_.size() ? count : 0;
}

bool PubSubClient::readByte(uint8_t &byte) {
  const uint32_t sinceMs = millis();
  while (client_->available() <= 0) {
    delay(1);
    if (millis() - sinceMs >= timeoutMs()) return false;
  }
  byte = static_cast<uint8_t>(client_->read());
  return true;
}
