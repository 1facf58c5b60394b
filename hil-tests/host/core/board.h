// The board that this process plays, as the core sees it; sketches do not include this.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <string>

namespace host {

int serialInput();
int serialOutput();

/** Whether the access point is in reach, and how often it went out of reach: connections of before are dead. */
bool isWifiInReach();
unsigned int wifiLosses();
/** Milliseconds since the access point came in reach, or since the start. */
uint32_t wifiReachableMs();

/** Where a connection to "host:port" really goes: as the flags -r say, or there. */
std::string route(const std::string &address);

/** How many of so many bytes a connection takes: all, but where the test cuts a write. */
size_t writable(size_t length);

/** What the camera sees, a JPEG, and where the pixels of the display go. Empty where the board has none. */
const std::string &photoFile();
const std::string &panelFile();
/** What outlives a reset, a file. Empty where the board keeps nothing. */
const std::string &storageFile();
/** As in 24:0A:C4:3F:2A:1C. */
std::string macAddress();

/** What the boot loader does, and the core before setup(). */
void boot();
/** Calls what timers have to call by now. */
void runTimers();

/**
 * Called before each change of the flash. Where the test says that the power is to be cut after so many of them (HOST_CUT_AFTER, also over
 * restarts), it calls `half`, which does a part of the change, and ends the process.
 */
void spendFlash(void (*half)(void *) = nullptr, void *what = nullptr);

uint32_t randomNumber();
/** Tells the test something, as a line of JSON: `{"event":NAME,FIELDS}`. */
void tell(const char *event, const std::string &fields);

}  // namespace host
