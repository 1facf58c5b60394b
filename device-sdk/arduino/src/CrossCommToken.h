// Keeps the board's token over a reset, for CrossComm::pair(): on an ESP32 in its non-volatile storage (NVS), elsewhere in the
// EEPROM. A board that has neither, or a sketch that wants it elsewhere, brings two functions of its own. See README.md.
#pragma once

#include "CrossComm.h"

#if defined(ESP32)
#include <Preferences.h>
#elif defined(__AVR__)
#include <avr/eeprom.h>
#elif defined(ARDUINO_ARCH_SAMD) || defined(ARDUINO_ARCH_SAM)
#error "CrossComm: this board has no EEPROM. Give pair() two functions that keep the token elsewhere."
#else
#include <EEPROM.h>
#endif

namespace CrossCommToken {

const size_t ROOM = crosscomm::MOST_TOKEN_BYTES + 1;

#if defined(ESP32)

inline bool load(char *token) {
  Preferences memory;
  if (!memory.begin("crosscomm", true)) return false;
  const size_t length = memory.getString("token", token, ROOM);
  memory.end();
  return length > 0;
}

inline bool store(const char *token) {
  Preferences memory;
  if (!memory.begin("crosscomm", false)) return false;
  const size_t length = memory.putString("token", token);
  memory.end();
  return length == strlen(token);
}

#elif defined(__AVR__)

inline uint8_t *place() { return reinterpret_cast<uint8_t *>(CROSSCOMM_TOKEN_ADDRESS); }

inline bool load(char *token) {
  eeprom_read_block(token, place(), ROOM);
  return true;
}

inline bool store(const char *token) {
  eeprom_update_block(token, place(), strlen(token) + 1);
  return true;
}

#else

// Where the EEPROM is a part of the flash, it is in memory while it is open.
#if defined(ESP8266) || defined(ARDUINO_ARCH_RP2040)
inline void open() { EEPROM.begin(4096); }
inline bool close() { return EEPROM.end(), true; }
inline bool commit() { return EEPROM.commit(); }
#else
inline void open() {}
inline bool close() { return true; }
inline bool commit() { return true; }
#endif

inline bool load(char *token) {
  open();
  for (size_t i = 0; i < ROOM; i++)
    token[i] = static_cast<char>(EEPROM.read(static_cast<int>(CROSSCOMM_TOKEN_ADDRESS + i)));
  return close();
}

inline bool store(const char *token) {
  open();
  for (size_t i = 0; i <= strlen(token); i++) {
    EEPROM.write(static_cast<int>(CROSSCOMM_TOKEN_ADDRESS + i), static_cast<uint8_t>(token[i]));
  }
  const bool isStored = commit();
  return close() && isStored;
}

#endif

}  // namespace CrossCommToken
