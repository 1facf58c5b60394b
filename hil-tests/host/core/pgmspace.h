// A computer has one kind of memory.
#pragma once

#include <stdint.h>
#include <string.h>

#define PROGMEM
#define PSTR(text) (text)
#define PGM_P const char *
#define pgm_read_byte(address) (*reinterpret_cast<const uint8_t *>(address))
#define pgm_read_byte_near(address) pgm_read_byte(address)
#define pgm_read_dword(address) (*reinterpret_cast<const uint32_t *>(address))
#define memcpy_P memcpy
#define strlen_P strlen
#define strnlen_P strnlen
#define strcmp_P strcmp

class __FlashStringHelper;
#define F(text) (reinterpret_cast<const __FlashStringHelper *>(text))
