#pragma once

#include <CrossComm.h>

struct ValueVector {
  const char *name;
  const char *hex;
  const char *description;
  void (*write)(crosscomm::CborWriter &);
  bool decodeOnly;
  bool isFrame;
};

struct InvalidVector {
  const char *name;
  const char *hex;
  const char *error;
  size_t maxBytes;
  uint8_t maxDepth;
  bool mayBeAccepted;
};

struct SerialVector {
  const char *name;
  const char *hex;
  size_t maxFrame;
  const char *events;
};

struct CrcVector {
  const char *hex;
  uint16_t crc;
};

inline double doubleOf(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
