// All settings of the library, each with its default. A board's class is what is meant by "AVR": Uno, Nano, Mega, Leonardo and
// Nano Every, which have 1 to 8 KB of memory. "Elsewhere" is every other board.
#pragma once

// 1. Settings that a sketch may make itself, by a #define above its #include <CrossComm.h>.

// Bytes of the largest frame that a CrossComm<> takes, without what the wire adds: 48 at least. It has two bytes more of memory.
#ifndef CROSSCOMM_MAX_FRAME
#ifdef __AVR__
#define CROSSCOMM_MAX_FRAME 96
#else
#define CROSSCOMM_MAX_FRAME 1024
#endif
#endif

// Bytes of a CrossComm<>'s outbox, which holds what deliver() was given until the gateway has it: 16 to 65,535.
#ifndef CROSSCOMM_OUTBOX
#ifdef __AVR__
#define CROSSCOMM_OUTBOX 128
#else
#define CROSSCOMM_OUTBOX 4096
#endif
#endif

// How many channels and services a CrossComm<> has room for, those of on(), channel(), variable() and offer() together: 1 to 255.
// Each takes 5 bytes of memory on an AVR, 28 on a board with 32 bits.
#ifndef CROSSCOMM_MAX_CHANNELS
#define CROSSCOMM_MAX_CHANNELS 6
#endif

// Bytes that may wait for the network in a CrossCommWebSocket<>: 32 at least. A larger message goes out in pieces.
#ifndef CROSSCOMM_WEBSOCKET_BUFFER
#ifdef __AVR__
#define CROSSCOMM_WEBSOCKET_BUFFER 128
#else
#define CROSSCOMM_WEBSOCKET_BUFFER 1024
#endif
#endif

// Bytes of the largest frame that is sent by MQTT, on every board: as large as a message in the outbox may be, and what sending
// adds to it.
#ifndef CROSSCOMM_MQTT_BUFFER
#define CROSSCOMM_MQTT_BUFFER (CROSSCOMM_OUTBOX + 8)
#endif

// Bytes of frames that espMqttClient (ESP32, ESP8266) may hand over at a time: as much as it reads at a time, the frame that was
// begun before, and room for the one that is begun at the end. For a CrossComm of larger frames than 1,024 bytes make it larger too.
#ifndef CROSSCOMM_ESPMQTT_QUEUE
#define CROSSCOMM_ESPMQTT_QUEUE (EMC_RX_BUFFER_SIZE + 2 * (1024 + 2))
#endif

// What stands before a CrossCommMemory, so that it is in memory that a reset leaves alone. Other boards than an ESP32 have the
// section .noinit for it.
#ifndef CROSSCOMM_KEEP
#ifdef ESP32
#define CROSSCOMM_KEEP RTC_NOINIT_ATTR
#else
#define CROSSCOMM_KEEP __attribute__((section(".noinit")))
#endif
#endif

// A text that tells this program from others, on every board. What another one has left in a CrossCommMemory is not sent by it,
// as its channels have other numbers.
#ifndef CROSSCOMM_PROGRAM
#define CROSSCOMM_PROGRAM __DATE__ __TIME__
#endif

// Where CrossCommToken.h puts the token in the EEPROM, 41 bytes: at its end. An ESP32 has another memory for it.
#ifndef CROSSCOMM_TOKEN_ADDRESS
#ifdef __AVR__
#define CROSSCOMM_TOKEN_ADDRESS (E2END + 1 - 41)
#else
#define CROSSCOMM_TOKEN_ADDRESS 0
#endif
#endif

// How long firmware that runs for the first time on an ESP32 may take until the gateway has said welcome, in milliseconds: then the
// firmware before it comes back.
#ifndef CROSSCOMM_OTA_TRIAL_MS
#define CROSSCOMM_OTA_TRIAL_MS 300000
#endif

// 2. Settings of the whole program: the library's own files have to see the same ones as the sketch. So they are made by the
// compiler's options, as -DCROSSCOMM_MAX_CALLS=4 in PlatformIO's build_flags, or here.

// How deep values may be nested, in levels, the frame itself counted: 8 at least, by the protocol.
#ifndef CROSSCOMM_MAX_DEPTH
#ifdef __AVR__
#define CROSSCOMM_MAX_DEPTH 8
#else
#define CROSSCOMM_MAX_DEPTH 16
#endif
#endif

// Whether the fields of each frame are checked for their types, 0 or 1, which takes 1 KB of flash. Without, a field of a wrong
// type reads as nothing, and nothing can be read beyond a frame in either case.
#ifndef CROSSCOMM_CHECK_FIELDS
#ifdef __AVR__
#define CROSSCOMM_CHECK_FIELDS 0
#else
#define CROSSCOMM_CHECK_FIELDS 1
#endif
#endif

// How many calls of functions elsewhere may wait for their answer at the same time, on every board. Each takes 8 bytes of memory
// on an AVR, in a sketch that calls, and 28 on a board with 32 bits in every one.
#ifndef CROSSCOMM_MAX_CALLS
#define CROSSCOMM_MAX_CALLS 2
#endif

// Bytes of the longest name that a message or F() may give as the recipient: it is copied, as it has no zero at its end.
#ifndef CROSSCOMM_MAX_NAME
#ifdef __AVR__
#define CROSSCOMM_MAX_NAME 48
#else
#define CROSSCOMM_MAX_NAME 256
#endif
#endif

// Characters of the longest MQTT topic, which is "$frames/", the device's id and "/down".
#ifndef CROSSCOMM_MAX_TOPIC
#ifdef __AVR__
#define CROSSCOMM_MAX_TOPIC 48
#else
#define CROSSCOMM_MAX_TOPIC 128
#endif
#endif

// Bytes of a file that go in one chunk, and how many chunks of a Stream are kept that the gateway does not have yet: the more, the
// better a connection is used whose answers take their time. A sketch that sends files has both, multiplied, of memory.
#ifndef CROSSCOMM_FILE_CHUNK
#ifdef __AVR__
#define CROSSCOMM_FILE_CHUNK 128
#else
#define CROSSCOMM_FILE_CHUNK 512
#endif
#endif
#ifndef CROSSCOMM_FILE_CHUNKS
#ifdef __AVR__
#define CROSSCOMM_FILE_CHUNKS 2
#else
#define CROSSCOMM_FILE_CHUNKS 8
#endif
#endif

// 16 bits that differ between two starts, where the board has such a thing: what a boot id is made of.
#ifndef CROSSCOMM_NOISE
#ifdef __AVR__
#define CROSSCOMM_NOISE() (crosscomm::starts += static_cast<uint16_t>(millis()) | 1)
#else
#define CROSSCOMM_NOISE() static_cast<uint16_t>(micros())
#endif
#endif

// For tests: stands after each store into a CrossCommMemory that a reset may come between. It only keeps the compiler from moving
// stores over it.
#ifndef CROSSCOMM_STORED
#define CROSSCOMM_STORED() __asm__ __volatile__("" ::: "memory")
#endif
