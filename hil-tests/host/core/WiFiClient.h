#pragma once

#include <memory>

#include "Client.h"

/** A TCP connection. Copies share it, as on an ESP. */
class WiFiClient : public Client {
 public:
  using Client::write;
  int connect(IPAddress address, uint16_t port) override;
  int connect(const char *host, uint16_t port) override;
  size_t write(uint8_t byte) override { return write(&byte, 1); }
  size_t write(const uint8_t *bytes, size_t length) override;
#ifdef ESP8266
  int availableForWrite() override;
#endif
  int available() override;
  int read() override;
  int read(uint8_t *bytes, size_t length) override;
  int peek() override;
  void stop() override { socket_.reset(); }
  uint8_t connected() override;
  operator bool() override { return connected() != 0; }
  void setNoDelay(bool) {}

 protected:
  /** Takes over a descriptor that is connected. */
  void take(int descriptor);

 private:
  struct Socket;
  /** The connection if it lives. */
  Socket *alive();

  std::shared_ptr<Socket> socket_;
};
