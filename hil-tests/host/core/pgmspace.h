// A computer has one kind of memory.
#pragma once

#include <stdint.h>
#include <string.h>

#define PROGMEM
#define PSTR(text) (text)
#define pgm_read_byte(address) (*reinterpret_cast<const uint8_t *>(address))
#define pgm_read_dword(address) (*reinterpret_cast<const uint32_t *>(address))
#define strlen_P strlen
#define strcmp_P strcmp

class __FlashStringHelper;
#define F(text) (reinterpret_cast<const __FlashStringHelper *>(text))
