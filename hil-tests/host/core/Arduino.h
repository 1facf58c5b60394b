// Arduino's interface for a process on this computer, as an ESP32's or ESP8266's core gives it to a sketch.
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>

#include "pgmspace.h"

typedef bool boolean;
typedef uint8_t byte;

const uint8_t LOW = 0, HIGH = 1;
const uint8_t INPUT = 0, OUTPUT = 1, INPUT_PULLUP = 5;
// "ESP32 Dev Module", the board that most people choose for an ESP32, has no LED_BUILTIN.
#ifdef ESP8266
#define LED_BUILTIN 2
const uint8_t A0 = 17;
#else
const uint8_t A0 = 36;
#endif

#define constrain(value, low, high) ((value) < (low) ? (low) : ((value) > (high) ? (high) : (value)))

using std::max;
using std::min;

// Arduino's long has 32 bits; so that sketches may compute as they do on a board, so has what these return.
uint32_t millis();
uint32_t micros();
void delay(uint32_t ms);
void yield();

void pinMode(uint8_t pin, uint8_t mode);
void digitalWrite(uint8_t pin, uint8_t value);
int digitalRead(uint8_t pin);
/** What the test set by `adc PIN VALUE`: 0 to 4095 on an ESP32, 0 to 1023 on an ESP8266. */
int analogRead(uint8_t pin);

long random(long end);
long random(long begin, long end);
void randomSeed(unsigned long seed);
#ifdef ESP32
extern "C" uint32_t esp_random();
#endif

/** The sketch's own. */
void setup();
void loop();

#include "Esp.h"
#include "HardwareSerial.h"
#include "IPAddress.h"
#include "Print.h"
#include "Stream.h"
#include "WString.h"
