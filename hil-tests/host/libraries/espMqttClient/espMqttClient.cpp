#include "espMqttClient.h"

using espMqttClientTypes::DisconnectReason;

namespace {

const uint8_t CONNECT = 0x10, CONNACK = 0x20, PUBLISH = 0x30, SUBSCRIBE = 0x82, PINGREQ = 0xC0, PINGRESP = 0xD0,
              DISCONNECT = 0xE0;
const uint8_t TYPE = 0xF0, QOS = 0x06, RETAINED = 0x01;
const uint8_t PROTOCOL_3_1_1 = 4, CLEAN_SESSION = 0x02, WITH_PASSWORD = 0x40, WITH_USER = 0x80;

std::string number16(size_t number) { return std::string{static_cast<char>(number >> 8), static_cast<char>(number)}; }
std::string text16(const std::string &text) { return number16(text.size()) + text; }

std::string packet(uint8_t head, const std::string &body) {
  std::string bytes(1, static_cast<char>(head));
  size_t length = body.size();
  do {
    bytes += static_cast<char>((length & 127) | (length > 127 ? 128 : 0));
  } while ((length >>= 7) > 0);
  return bytes + body;
}

}  // namespace

espMqttClient &espMqttClient::setServer(const char *host, uint16_t port) {
  host_ = host;
  port_ = port;
  return *this;
}

espMqttClient &espMqttClient::setClientId(const char *id) {
  id_ = id;
  return *this;
}

espMqttClient &espMqttClient::setCredentials(const char *user, const char *password) {
  user_ = user != nullptr ? user : "";
  password_ = password != nullptr ? password : "";
  return *this;
}

espMqttClient &espMqttClient::setKeepAlive(uint16_t seconds) {
  keepAliveMs_ = seconds * 1000U;
  return *this;
}

espMqttClient &espMqttClient::onConnect(espMqttClientTypes::OnConnectCallback callback) {
  onConnect_ = callback;
  return *this;
}

espMqttClient &espMqttClient::onDisconnect(espMqttClientTypes::OnDisconnectCallback callback) {
  onDisconnect_ = callback;
  return *this;
}

espMqttClient &espMqttClient::onMessage(espMqttClientTypes::OnMessageCallback callback) {
  onMessage_ = callback;
  return *this;
}

bool espMqttClient::connect() {
  if (state_ != State::Disconnected) return false;
  uint8_t flags = CLEAN_SESSION;
  if (!user_.empty()) flags |= WITH_USER;
  if (!password_.empty()) flags |= WITH_PASSWORD;
  std::string body = text16("MQTT");
  body += static_cast<char>(PROTOCOL_3_1_1);
  body += static_cast<char>(flags);
  body += number16(keepAliveMs_ / 1000) + text16(id_);
  if ((flags & WITH_USER) != 0) body += text16(user_);
  if ((flags & WITH_PASSWORD) != 0) body += text16(password_);
  queue_.push_front(packet(CONNECT, body));
  state_ = State::ConnectingTcp;
  return true;
}

bool espMqttClient::disconnect(bool force) {
  if (state_ == State::Disconnected || (!force && state_ != State::Connected)) return false;
  if (!force) queue_.push_back(packet(DISCONNECT, ""));
  state_ = force ? State::Ending : State::Disconnecting;
  return true;
}

uint16_t espMqttClient::subscribe(const char *topic, uint8_t qos) {
  if (state_ != State::Connected) return 0;
  if (++lastPacketId_ == 0) ++lastPacketId_;
  queue_.push_back(packet(SUBSCRIBE, number16(lastPacketId_) + text16(topic) + static_cast<char>(qos)));
  return lastPacketId_;
}

uint16_t espMqttClient::publish(const char *topic, uint8_t, bool retain, const uint8_t *payload, size_t length) {
  // Also while there is no connection yet.
  if (state_ > State::Connected) return 0;
  const std::string content(reinterpret_cast<const char *>(payload), length);
  queue_.push_back(packet(PUBLISH | (retain ? RETAINED : 0), text16(topic) + content));
  return 1;
}

uint16_t espMqttClient::publish(const char *topic, uint8_t qos, bool retain, const char *text) {
  return publish(topic, qos, retain, reinterpret_cast<const uint8_t *>(text), strlen(text));
}

void espMqttClient::loop() {
  switch (state_) {
    case State::Disconnected: return;
    case State::ConnectingTcp:
      if (client_.connect(host_.c_str(), port_) != 1) {
        state_ = State::Ending;
        return;
      }
      begun_.clear();
      index_ = total_ = 0;
      sentMs_ = heardMs_ = millis();
      state_ = State::ConnectingMqtt;
      return;
    case State::ConnectingMqtt:
    case State::Connected:
    case State::Disconnecting:
      if (!client_.connected()) {
        state_ = State::Ending;
        return;
      }
      send();
      receive();
      ping();
      if (state_ == State::Disconnecting && queue_.empty()) state_ = State::Ending;
      return;
    case State::Ending:
      client_.stop();
      queue_.clear();
      written_ = 0;
      state_ = State::Disconnected;
      if (onDisconnect_) onDisconnect_(DisconnectReason::TCP_DISCONNECTED);
  }
}

void espMqttClient::send() {
  while (!queue_.empty()) {
    const std::string &first = queue_.front();
    // Nothing goes out behind the CONNECT before it is answered.
    if (state_ == State::ConnectingMqtt && written_ == 0 && static_cast<uint8_t>(first[0]) != CONNECT) return;
    const auto *bytes = reinterpret_cast<const uint8_t *>(first.data());
    written_ += client_.write(bytes + written_, first.size() - written_);
    sentMs_ = millis();
    if (written_ < first.size()) return;
    queue_.pop_front();
    written_ = 0;
  }
}

void espMqttClient::receive() {
  uint8_t buffer[EMC_RX_BUFFER_SIZE];
  const int count = client_.read(buffer, sizeof buffer);
  if (count <= 0) return;
  heardMs_ = millis();
  const std::string bytes = begun_ + std::string(reinterpret_cast<char *>(buffer), static_cast<size_t>(count));
  begun_.clear();
  for (size_t at = 0; at < bytes.size() && state_ != State::Ending;) {
    if (index_ < total_ ? parsePublish(bytes, at) : parse(bytes, at)) continue;
    begun_ = bytes.substr(at);
    return;
  }
}

/** Takes the packet at `at`, and of a message what is there of it. False where its head is not whole. */
bool espMqttClient::parse(const std::string &bytes, size_t &at) {
  size_t length = 0;
  size_t from = at + 1;
  for (int shift = 0;; shift += 7) {
    if (from >= bytes.size()) return false;
    const uint8_t byte = static_cast<uint8_t>(bytes[from++]);
    length |= static_cast<size_t>(byte & 127) << shift;
    if ((byte & 128) == 0) break;
  }
  head_ = static_cast<uint8_t>(bytes[at]);
  const auto byteAt = [&](size_t place) { return static_cast<uint8_t>(bytes[place]); };
  if ((head_ & TYPE) == PUBLISH) {
    if (from + 2 > bytes.size()) return false;
    const size_t topicLength = static_cast<size_t>(byteAt(from) << 8 | byteAt(from + 1));
    const size_t idLength = (head_ & QOS) != 0 ? 2 : 0;
    if (from + 2 + topicLength + idLength > bytes.size()) return false;
    topic_ = bytes.substr(from + 2, topicLength);
    at = from + 2 + topicLength + idLength;
    index_ = 0;
    total_ = length - 2 - topicLength - idLength;
    return total_ > 0 || parsePublish(bytes, at);
  }
  if (from + length > bytes.size()) return false;
  if ((head_ & TYPE) == CONNACK) {
    state_ = byteAt(from + 1) == 0 ? State::Connected : State::Ending;
    if (state_ == State::Connected && onConnect_) onConnect_(false);
  }
  if ((head_ & TYPE) == PINGRESP) isPinging_ = false;
  at = from + length;
  return true;
}

bool espMqttClient::parsePublish(const std::string &bytes, size_t &at) {
  const size_t count = std::min(bytes.size() - at, total_ - index_);
  const espMqttClientTypes::MessageProperties properties = {static_cast<uint8_t>((head_ & QOS) >> 1), false,
                                                            (head_ & RETAINED) != 0, 0};
  if (onMessage_) {
    onMessage_(properties, topic_.c_str(), reinterpret_cast<const uint8_t *>(bytes.data()) + at, count, index_, total_);
  }
  at += count;
  index_ += count;
  if (index_ == total_) index_ = total_ = 0;
  return true;
}

void espMqttClient::ping() {
  if (millis() - heardMs_ > 2 * keepAliveMs_) {
    state_ = State::Ending;
  } else if (!isPinging_ && (millis() - sentMs_ > keepAliveMs_ || millis() - heardMs_ > keepAliveMs_)) {
    queue_.push_back(packet(PINGREQ, ""));
    isPinging_ = true;
  }
}
