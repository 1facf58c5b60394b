#pragma once

#include "WebSocketAccept.h"

namespace crosscomm {

/** The opening of a WebSocket (RFC 6455, section 4.1): what is asked for, and whether the answer is the right one. */
class WebSocketHandshake {
 public:
  enum class State : uint8_t {
    /** The answer is not complete yet. */
    Reading,
    Accepted,
    /** No server of WebSockets, or one that says no: status() tells more. */
    Refused,
    /** An answer to another question: a cache, or a server that understood nothing. */
    WrongAccept,
  };

  /** Writes the request. */
  void begin(Print &out, const char *host, uint16_t port, const uint8_t random[16]);
  /** Takes the answer's next byte. Once it is not Reading, the bytes that follow are the WebSocket's. */
  State push(uint8_t byte);
  /** The answer's HTTP status, 0 if there was none. */
  uint16_t status() const { return status_; }

 private:
  State endLine();
  bool isHeader(const char *lowerCaseName, const char *&value) const;

  /** Of a longer line the beginning has to do: those that matter here are not. */
  static const uint8_t MOST_LINE = 56;

  char accept_[WEBSOCKET_ACCEPT_LENGTH + 1];
  char line_[MOST_LINE + 1];
  uint8_t length_ = 0;
  uint16_t total_ = 0;
  uint16_t status_ = 0;
  bool isUpgrade_ = false;
  bool isConnection_ = false;
  bool isAccepted_ = false;
};

}  // namespace crosscomm
