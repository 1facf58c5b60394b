#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "Arduino.h"
#include "board.h"

HardwareSerial Serial;

namespace {
int peeked = -1;
}

int HardwareSerial::available() {
  int count = 0;
  if (ioctl(host::serialInput(), FIONREAD, &count) < 0) count = 0;
  return count + (peeked >= 0 ? 1 : 0);
}

int HardwareSerial::peek() {
  if (peeked < 0) peeked = read();
  return peeked;
}

int HardwareSerial::read() {
  if (peeked >= 0) {
    const int byte = peeked;
    peeked = -1;
    return byte;
  }
  uint8_t byte;
  return available() > 0 && ::read(host::serialInput(), &byte, 1) == 1 ? byte : -1;
}

size_t HardwareSerial::write(const uint8_t *bytes, size_t length) {
  size_t written = 0;
  while (written < length) {
    const ssize_t count = ::write(host::serialOutput(), bytes + written, length - written);
    if (count > 0) {
      written += static_cast<size_t>(count);
    } else if (errno == EAGAIN) {
      // As on a board with a USB cable: what nobody reads is lost in the end, and does not stop the sketch.
      pollfd ready = {host::serialOutput(), POLLOUT, 0};
      if (poll(&ready, 1, 20) <= 0) break;
    } else {
      break;
    }
  }
  return length;
}
