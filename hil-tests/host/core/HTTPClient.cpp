#include "HTTPClient.h"

#include <strings.h>

namespace {
/** How long nothing may come of an answer, and of its body. */
const uint32_t TIMEOUT_MS = 5000;

/** Whether a line of a head is the field `name`, whose value is then in `value`. */
bool isField(const String &line, const char *name, String &value) {
  const size_t length = strlen(name);
  if (strncasecmp(line.c_str(), name, length) != 0 || line.charAt(length) != ':') return false;
  value = line.substring(length + 1);
  value.trim();
  return true;
}
}  // namespace

bool HTTPClient::begin(WiFiClient &client, String url) {
  const String scheme = "http://";
  if (!url.startsWith(scheme)) return false;
  const int slash = url.indexOf('/', scheme.length());
  const String authority = slash < 0 ? url.substring(scheme.length()) : url.substring(scheme.length(), slash);
  const int colon = authority.indexOf(':');
  client_ = &client;
  host_ = colon < 0 ? authority : authority.substring(0, colon);
  port_ = colon < 0 ? 80 : static_cast<uint16_t>(authority.substring(colon + 1).toInt());
  path_ = slash < 0 ? String("/") : url.substring(slash);
  headers_ = "";
  size_ = -1;
  return true;
}

int HTTPClient::request(const char *method, const uint8_t *body, size_t length) {
  const int status = exchange(method, body, length);
  if (status < 0) disconnect();
  return status;
}

int HTTPClient::exchange(const char *method, const uint8_t *body, size_t length) {
  if (client_ == nullptr || client_->connect(host_.c_str(), port_) != 1) return HTTPC_ERROR_CONNECTION_REFUSED;
  client_->setTimeout(TIMEOUT_MS);
  String head = String(method) + " " + path_ + " HTTP/1.1\r\nHost: " + host_ + ":" + String(port_) +
                "\r\nConnection: keep-alive\r\nAccept-Encoding: identity;q=1,chunked;q=0.1,*;q=0\r\n" + headers_;
  if (length > 0) head += "Content-Length: " + String(length) + "\r\n";
  head += "\r\n";
  if (client_->print(head) != head.length()) return HTTPC_ERROR_SEND_HEADER_FAILED;
  // All of the body goes out before the answer is looked at.
  if (length > 0 && client_->write(body, length) != length) return HTTPC_ERROR_SEND_PAYLOAD_FAILED;
  return readHead();
}

int HTTPClient::readHead() {
  int status = 0;
  bool isCoded = false;
  uint32_t heardMs = millis();
  while (client_->connected()) {
    if (client_->available() == 0) {
      if (millis() - heardMs > TIMEOUT_MS) return HTTPC_ERROR_READ_TIMEOUT;
      delay(10);
      continue;
    }
    String line = client_->readStringUntil('\n');
    line.trim();
    heardMs = millis();
    String value;
    if (line.startsWith("HTTP/1.")) status = static_cast<int>(line.substring(9).toInt());
    else if (isField(line, "Content-Length", value)) size_ = static_cast<int>(value.toInt());
    else if (isField(line, "Transfer-Encoding", value)) isCoded = true;
    if (!line.isEmpty()) continue;
    // The core reads chunks, but no other encoding; this one does not read chunks either.
    if (isCoded) return HTTPC_ERROR_ENCODING;
    return status == 0 ? HTTPC_ERROR_NO_HTTP_SERVER : status;
  }
  return HTTPC_ERROR_CONNECTION_LOST;
}

String HTTPClient::getString() {
  String text;
  char byte;
  for (int left = size_; left > 0 && client_ != nullptr && client_->readBytes(&byte, 1) == 1; left--) text += byte;
  end();
  return text;
}

void HTTPClient::end() {
  disconnect();
  headers_ = "";
  size_ = -1;
}

String HTTPClient::errorToString(int error) {
  switch (error) {
    case HTTPC_ERROR_CONNECTION_REFUSED: return "connection refused";
    case HTTPC_ERROR_SEND_HEADER_FAILED: return "send header failed";
    case HTTPC_ERROR_SEND_PAYLOAD_FAILED: return "send payload failed";
    case HTTPC_ERROR_CONNECTION_LOST: return "connection lost";
    case HTTPC_ERROR_NO_HTTP_SERVER: return "no HTTP server";
    case HTTPC_ERROR_ENCODING: return "Transfer-Encoding not supported";
    case HTTPC_ERROR_READ_TIMEOUT: return "read Timeout";
    default: return "";
  }
}

void HTTPClient::disconnect() {
  if (client_ != nullptr) client_->stop();
  client_ = nullptr;
}
