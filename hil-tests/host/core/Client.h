#pragma once

#include "IPAddress.h"
#include "Stream.h"

/** A connection to a server over any network. */
class Client : public Stream {
 public:
  using Print::write;
  using Stream::read;
  virtual int connect(IPAddress address, uint16_t port) = 0;
  /** 1, or something else where there is no connection. */
  virtual int connect(const char *host, uint16_t port) = 0;
  virtual int read(uint8_t *bytes, size_t length) = 0;
  virtual void stop() = 0;
  /** Also true while there is still something to read. */
  virtual uint8_t connected() = 0;
  virtual operator bool() = 0;
};
