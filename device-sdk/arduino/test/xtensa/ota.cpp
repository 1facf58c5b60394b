// CrossCommOta.h on the instruction set of the ESP8266: it is compiled, with all warnings, and not run.

#include "CrossCommOta.h"

namespace {
CrossComm<> cc;
CrossCommOta ota("lamp-board", "1.3.0", "04");
}  // namespace

bool takeFirmware(CrossCommFile &file) { return ota.take(file); }

void setUp() {
  cc.onFile([](CrossCommFile &file) { takeFirmware(file); });
  ota.begin(cc);
}

bool isReady() {
  ota.loop(cc);
  return ota.isReady();
}
