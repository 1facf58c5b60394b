#include "ArduinoMqttClient.h"

namespace {

const uint8_t CONNECT = 0x10, CONNACK = 0x20, PUBLISH = 0x30, PUBACK = 0x40, SUBSCRIBE = 0x82, SUBACK = 0x90,
              PINGREQ = 0xC0, PINGRESP = 0xD0, DISCONNECT = 0xE0;
const uint8_t TYPE = 0xF0, QOS = 0x06, QOS_1 = 0x02, RETAINED = 0x01;
const uint8_t PROTOCOL_3_1_1 = 4, CLEAN_SESSION = 0x02, WITH_PASSWORD = 0x40, WITH_USER = 0x80;
const size_t MOST_GATHERED = 256;
const uint32_t BYTE_WITHIN_MS = 1000;

std::string number16(size_t number) { return std::string{static_cast<char>(number >> 8), static_cast<char>(number)}; }
std::string text16(const String &text) { return number16(text.length()) + text.c_str(); }
size_t number16At(const std::string &bytes, size_t at) {
  return static_cast<size_t>(static_cast<uint8_t>(bytes[at]) << 8 | static_cast<uint8_t>(bytes[at + 1]));
}

}  // namespace

int MqttClient::connect(const char *host, uint16_t port) {
  if (client_->connected()) client_->stop();
  state_ = State::Type;
  isConnected_ = false;
  lastPacketId_ = 0;
  if (client_->connect(host, port) != 1) {
    connectError_ = MQTT_CONNECTION_REFUSED;
    return 0;
  }
  heardMs_ = millis();
  uint8_t flags = CLEAN_SESSION;
  if (!user_.isEmpty()) flags |= WITH_USER;
  if (!password_.isEmpty()) flags |= WITH_PASSWORD;
  std::string body = text16("MQTT");
  body += static_cast<char>(PROTOCOL_3_1_1);
  body += static_cast<char>(flags);
  body += number16(keepAliveMs_ / 1000) + text16(id_);
  if ((flags & WITH_USER) != 0) body += text16(user_);
  if ((flags & WITH_PASSWORD) != 0) body += text16(password_);
  if (!send(CONNECT, body)) {
    client_->stop();
    connectError_ = MQTT_CONNECTION_REFUSED;
    return 0;
  }
  connectError_ = waitForAnswer();
  if (connectError_ == MQTT_SUCCESS) {
    isConnected_ = true;
    return 1;
  }
  client_->stop();
  return 0;
}

void MqttClient::stop() {
  if (connected()) send(DISCONNECT, "");
  isConnected_ = false;
  client_->stop();
}

int MqttClient::subscribe(const char *topic, uint8_t qos) {
  if (!send(SUBSCRIBE, number16(++lastPacketId_) + text16(topic) + static_cast<char>(qos))) {
    stop();
    return 0;
  }
  const int answer = waitForAnswer();
  if (answer >= 0) return answer != 0x80 ? 1 : 0;
  stop();
  return 0;
}

/** What the packet says that answers the last one; -1 where there is none in time. */
int MqttClient::waitForAnswer() {
  answer_ = -1;
  for (const uint32_t sinceMs = millis(); millis() - sinceMs < timeoutMs_ && client_->connected();) {
    poll();
    if (answer_ >= 0) break;
    yield();
  }
  return answer_;
}

void MqttClient::poll() {
  if (client_->available() <= 0 && !client_->connected()) {
    state_ = State::Type;
    isConnected_ = false;
  }
  while (client_->available() > 0) {
    heardMs_ = millis();
    pollOnce(static_cast<uint8_t>(client_->read()));
    if (state_ == State::Payload) break;
  }
  if (!isConnected_) return;
  if (millis() - pingedMs_ >= keepAliveMs_) {
    pingedMs_ = millis();
    send(PINGREQ, "");
  } else if (millis() - heardMs_ >= 2 * keepAliveMs_) {
    stop();
  }
}

void MqttClient::pollOnce(uint8_t byte) {
  switch (state_) {
    case State::Type:
      head_ = byte;
      left_ = 0;
      shift_ = 0;
      state_ = State::Length;
      break;
    case State::Length:
      left_ |= static_cast<size_t>(byte & 127) << shift_;
      shift_ += 7;
      if (shift_ > 21) stop();
      else if ((byte & 128) == 0) began();
      break;
    case State::Head:
      bytes_ += static_cast<char>(byte);
      if (bytes_.size() == left_) headRead();
      break;
    case State::TopicLength:
      bytes_ += static_cast<char>(byte);
      if (bytes_.size() < 2) break;
      topicLength_ = number16At(bytes_, 0);
      topic_ = "";
      state_ = State::Topic;
      left_ -= 2;
      break;
    case State::Topic:
      topic_ += static_cast<char>(byte);
      if (topic_.length() < topicLength_) break;
      left_ -= topicLength_;
      bytes_.clear();
      if ((head_ & QOS) != 0) state_ = State::PacketId;
      else hasTopic();
      break;
    case State::PacketId:
      bytes_ += static_cast<char>(byte);
      if (bytes_.size() < 2) break;
      left_ -= 2;
      hasTopic();
      break;
    case State::Payload:
    case State::Rest:
      if (left_ > 0) left_--;
      state_ = left_ == 0 ? State::Type : State::Rest;
      break;
  }
}

void MqttClient::began() {
  bytes_.clear();
  const uint8_t type = head_ & TYPE;
  const bool isSound = type == PUBLISH || (type == PINGRESP && left_ == 0) || (type == SUBACK && left_ == 3) ||
                       ((type == CONNACK || type == PUBACK) && left_ == 2);
  if (!isSound) stop();
  else if (type == PUBLISH) state_ = State::TopicLength;
  else state_ = left_ == 0 ? State::Type : State::Head;
}

void MqttClient::headRead() {
  state_ = State::Type;
  const uint8_t type = head_ & TYPE;
  if (type == CONNACK) answer_ = static_cast<uint8_t>(bytes_[1]);
  else if (number16At(bytes_, 0) == lastPacketId_) answer_ = type == SUBACK ? static_cast<uint8_t>(bytes_[2]) : 0;
}

void MqttClient::hasTopic() {
  state_ = State::Payload;
  if (callback_ == nullptr) return;
  callback_(static_cast<int>(left_));
  if (left_ == 0) state_ = State::Type;
}

int MqttClient::parseMessage() {
  if (state_ == State::Payload) state_ = State::Rest;
  poll();
  return state_ == State::Payload ? static_cast<int>(left_) : 0;
}

int MqttClient::read() {
  uint8_t byte;
  return read(&byte, 1) == 1 ? byte : -1;
}

int MqttClient::read(uint8_t *bytes, size_t length) {
  if (state_ != State::Payload) return 0;
  size_t count = 0;
  for (int byte; count < std::min(length, left_) && (byte = readInTime()) >= 0; count++) {
    bytes[count] = static_cast<uint8_t>(byte);
  }
  left_ -= count;
  if (count > 0 && left_ == 0) {
    if ((head_ & QOS) == QOS_1) send(PUBACK, bytes_);
    state_ = State::Type;
  }
  return static_cast<int>(count);
}

int MqttClient::readInTime() {
  const uint32_t sinceMs = millis();
  do {
    if (client_->available() > 0) return client_->read();
    if (!client_->connected()) return -1;
    yield();
  } while (millis() - sinceMs < BYTE_WITHIN_MS);
  return -1;
}

int MqttClient::beginMessage(const char *topic, unsigned long size, bool retain, uint8_t, bool) {
  isStreaming_ = true;
  if (send(PUBLISH | (retain ? RETAINED : 0), text16(topic), size)) return 1;
  stop();
  return 0;
}

int MqttClient::beginMessage(const char *topic, bool retain, uint8_t, bool) {
  isStreaming_ = false;
  publishTopic_ = topic;
  isRetained_ = retain;
  gathered_.clear();
  return 1;
}

size_t MqttClient::write(const uint8_t *bytes, size_t length) {
  if (isStreaming_) return client_->write(bytes, length);
  const size_t count = std::min(length, MOST_GATHERED - gathered_.size());
  gathered_.append(reinterpret_cast<const char *>(bytes), count);
  return count;
}

int MqttClient::endMessage() {
  if (!isStreaming_ && !send(PUBLISH | (isRetained_ ? RETAINED : 0), text16(publishTopic_) + gathered_)) {
    stop();
    return 0;
  }
  isStreaming_ = false;
  return 1;
}

/** Sends a packet of which `more` bytes come later. */
bool MqttClient::send(uint8_t head, const std::string &body, size_t more) {
  std::string bytes(1, static_cast<char>(head));
  size_t length = body.size() + more;
  do {
    bytes += static_cast<char>((length & 127) | (length > 127 ? 128 : 0));
  } while ((length >>= 7) > 0);
  bytes += body;
  return client_->write(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()) == bytes.size();
}
