#include "WebSocketHandshake.h"

namespace crosscomm {

namespace {

const uint16_t SWITCHING_PROTOCOLS = 101;
/** A server that says more than this before its answer ends has something else in mind. */
const uint16_t MOST_BYTES = 4096;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/** Whether `text` begins with `lowerCase`, which is in flash, in letters of either case. */
bool begins(const char *text, const char *lowerCase) {
  while (const char c = static_cast<char>(pgm_read_byte(lowerCase++))) {
    if (lower(*text++) != c) return false;
  }
  return true;
}

bool contains(const char *text, const char *lowerCase) {
  for (; *text != 0; text++) {
    if (begins(text, lowerCase)) return true;
  }
  return false;
}

void print(Print &out, const char *text) {
  while (*text != 0) out.write(static_cast<uint8_t>(*text++));
}

void print(Print &out, const FlashText *text) {
  const char *at = reinterpret_cast<const char *>(text);
  while (const uint8_t byte = pgm_read_byte(at++)) out.write(byte);
}

void printPort(Print &out, uint16_t port) {
  char digits[6];
  char *at = digits + 5;
  *at = 0;
  do {
    *--at = static_cast<char>('0' + port % 10);
  } while ((port = static_cast<uint16_t>(port / 10)) != 0);
  print(out, at);
}

}  // namespace

void WebSocketHandshake::begin(Print &out, const char *host, uint16_t port, const uint8_t random[16]) {
  char key[WEBSOCKET_KEY_LENGTH + 1];
  webSocketKey(random, key);
  webSocketAccept(key, accept_);
  length_ = 0;
  total_ = status_ = 0;
  isUpgrade_ = isConnection_ = isAccepted_ = false;
  print(out, F("GET / HTTP/1.1\r\nHost: "));
  print(out, host);
  out.write(':');
  printPort(out, port);
  print(out, F("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "));
  print(out, key);
  print(out, F("\r\n\r\n"));
}

WebSocketHandshake::State WebSocketHandshake::push(uint8_t byte) {
  if (++total_ > MOST_BYTES) return State::Refused;
  if (byte == '\n') {
    line_[length_] = 0;
    const State state = endLine();
    length_ = 0;
    return state;
  }
  if (byte != '\r' && length_ < MOST_LINE) line_[length_++] = static_cast<char>(byte);
  return State::Reading;
}

WebSocketHandshake::State WebSocketHandshake::endLine() {
  if (status_ == 0) {
    if (!begins(line_, PSTR("http/1.1 "))) return State::Refused;
    for (const char *digit = line_ + 9; *digit >= '0' && *digit <= '9' && status_ < 1000; digit++) {
      status_ = static_cast<uint16_t>(status_ * 10 + (*digit - '0'));
    }
    return status_ == SWITCHING_PROTOCOLS ? State::Reading : State::Refused;
  }
  if (length_ == 0) {
    if (!isUpgrade_ || !isConnection_) return State::Refused;
    return isAccepted_ ? State::Accepted : State::WrongAccept;
  }
  const char *value;
  if (isHeader(PSTR("upgrade:"), value)) isUpgrade_ = begins(value, PSTR("websocket"));
  if (isHeader(PSTR("connection:"), value)) isConnection_ = contains(value, PSTR("upgrade"));
  if (isHeader(PSTR("sec-websocket-accept:"), value)) isAccepted_ = strcmp(value, accept_) == 0;
  // Neither was asked for, so neither may be granted.
  if (isHeader(PSTR("sec-websocket-extensions:"), value)) return State::Refused;
  return isHeader(PSTR("sec-websocket-protocol:"), value) ? State::Refused : State::Reading;
}

bool WebSocketHandshake::isHeader(const char *lowerCaseName, const char *&value) const {
  if (!begins(line_, lowerCaseName)) return false;
  value = line_ + strlen_P(lowerCaseName);
  while (*value == ' ' || *value == '\t') value++;
  return true;
}

}  // namespace crosscomm
