#include "Arduino.h"

int Stream::readInTime() {
  const uint32_t sinceMs = millis();
  do {
    const int byte = read();
    if (byte >= 0) return byte;
    delay(1);
  } while (millis() - sinceMs < timeoutMs_);
  return -1;
}

size_t Stream::readBytes(char *bytes, size_t length) {
  size_t count = 0;
  for (int byte; count < length && (byte = readInTime()) >= 0; count++) bytes[count] = static_cast<char>(byte);
  return count;
}

String Stream::readString() {
  String text;
  for (int byte; (byte = readInTime()) >= 0;) text += static_cast<char>(byte);
  return text;
}

String Stream::readStringUntil(char end) {
  String text;
  for (int byte; (byte = readInTime()) >= 0 && byte != end;) text += static_cast<char>(byte);
  return text;
}
