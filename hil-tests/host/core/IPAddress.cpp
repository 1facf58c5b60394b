#include "Arduino.h"

String IPAddress::toString() const {
  String text(static_cast<unsigned int>(bytes_[0]));
  for (int i = 1; i < 4; i++) text += "." + String(static_cast<unsigned int>(bytes_[i]));
  return text;
}
