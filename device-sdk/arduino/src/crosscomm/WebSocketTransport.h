#pragma once

#include <Client.h>

#include "Transport.h"
#include "TransportRetry.h"
#include "WebSocketDecoder.h"
#include "WebSocketHandshake.h"

namespace crosscomm {

/** Why there is no WebSocket. */
enum class WebSocketFault : uint8_t {
  None,
  /** The client could not connect: no network yet, a wrong address, or no gateway there. */
  NotConnected,
  /** Something answers there, but it is no WebSocket server, or it refuses: see status(). */
  Refused,
  /** It answered as something does that has not understood the question: a cache, a proxy. */
  WrongAccept,
  /** It was silent for ten seconds. */
  NoAnswer,
  /** It sent what no WebSocket server may send. */
  Violation,
  /** The connection was closed. */
  Closed,
};

/** The fault as a short text in flash, for Serial.println. */
const FlashText *toText(WebSocketFault fault);

/**
 * Frames over a WebSocket of its own, by anything that is an Arduino Client: WiFiClient, EthernetClient, ... It
 * connects, and connects again after growing waits. Only the client's connect() may keep the sketch waiting; how long
 * is the client's affair. Use CrossCommWebSocket, which brings the buffer.
 */
class WebSocketTransport : public Transport {
 public:
  /** `host` is kept as a pointer. Messages go by way of `buffer`; those that fit in it leave in one piece. */
  WebSocketTransport(Client &client, const char *host, uint16_t port, uint8_t *buffer, size_t size)
      : client_(client), host_(host), port_(port), out_(*this), buffer_(buffer), size_(size) {}

  /** Why there is no WebSocket now; None while there is one, or before the first attempt. */
  WebSocketFault fault() const { return fault_; }
  /** The HTTP status with which the server answered last, 101 if all was well, 0 for none. */
  uint16_t status() const { return handshake_.status(); }
  /** How many messages were dropped: too large for this device, or not taken by the connection. */
  uint16_t dropped() const { return dropped_; }

  void begin(const char *id, uint8_t *buffer, size_t size) override;
  bool open(uint32_t nowMs) override;
  void close() override;
  bool hasRoomFor(size_t length) override;
  void beginFrame(size_t length) override { beginMessage(BINARY, length); }
  void put(uint8_t byte) override;
  void endFrame() override { flush(); }
  size_t receive(const uint8_t *&frame) override;
  bool isHeldBack() const override { return true; }

 private:
  enum class State : uint8_t { Closed, Handshake, Open };
  /** The unmasked way out, for the handshake. */
  struct Out final : Print {
    explicit Out(WebSocketTransport &to) : transport(to) {}
    using Print::write;
    size_t write(uint8_t byte) override {
      transport.append(byte);
      return 1;
    }
    WebSocketTransport &transport;
  };
  static const uint8_t BINARY = 0x2, CLOSE = 0x8, PONG = 0xA;

  void connect();
  void shakeHands(uint16_t now);
  void fail(WebSocketFault fault);
  void end(uint16_t reason, WebSocketFault fault);
  void drop();
  void beginMessage(uint8_t opcode, size_t length);
  void answer(uint8_t opcode, const uint8_t *payload, size_t length);
  void append(uint8_t byte);
  void flush();

  Client &client_;
  const char *host_;
  uint16_t port_;
  Out out_;
  WebSocketDecoder decoder_;
  WebSocketHandshake handshake_;
  Randomness random_;
  Retry retry_;
  /** When it was connected, or asked whether it still is: the lower bits of the clock. */
  uint16_t sinceMs_ = 0;
  State state_ = State::Closed;
  WebSocketFault fault_ = WebSocketFault::None;
  uint16_t dropped_ = 0;

  uint8_t *buffer_;
  size_t size_;
  size_t used_ = 0;
  uint8_t mask_[4];
  uint8_t maskAt_ = 0;
  /** The message that is being written is dropped. */
  bool isDropping_ = false;
  /** Whether the client has ever told how much it can take. */
  bool tellsRoom_ = false;
};

}  // namespace crosscomm
