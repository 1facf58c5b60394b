// Writes the application in the file IMAGE, of version 1.4.0, into its other place, as CrossCommOta does, and begins it. Without a network, so that
// the test can cut the power at each change of the flash.

#include <firmware.h>
#include <CrossComm.h>
#include <CrossCommOta.h>

#include <unistd.h>

#include <fstream>
#include <iterator>

void update(crosscomm::FirmwarePlace &place) {
  std::ifstream file(getenv("IMAGE"), std::ios::binary);
  std::string image((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  uint8_t *const bytes = reinterpret_cast<uint8_t *>(&image[0]);
  const uint32_t size = static_cast<uint32_t>(image.size());
  uint8_t hash[32];
  mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), bytes, size, hash);
  if (!place.open(size, hash)) return;
  printf("keeps %u\n", place.keeps());
  fflush(stdout);
  CrossCommFile none = {};
  if (place.keeps() == 0) place.restart();
  else if (!place.skip(none, 0)) return;
  while (place.written() < size) {
    const uint32_t left = size - place.written();
    if (!place.write(bytes + place.written(), left < 1000 ? left : 1000)) return;
  }
  if (place.isWhole(hash) && place.choose("1.4.0")) ESP.restart();
}

void setup() {
  static crosscomm::FirmwarePlace place;
  const std::string running = host::runningVersion();
  char lost[20];
  if (place.begin(running.c_str(), lost, sizeof lost)) printf("lost %s\n", lost);
  printf("runs %s\n", running.c_str());
  fflush(stdout);
  if (running != "1.4.0") update(place);
  place.confirm();
  // As a board does that is unplugged.
  _exit(0);
}

void loop() {}
