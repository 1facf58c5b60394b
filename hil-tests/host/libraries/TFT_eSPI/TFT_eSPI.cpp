#include "TFT_eSPI.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board.h"

namespace {

const int32_t SIDE = 240;

[[noreturn]] void fail() {
  fprintf(stderr, "the panel %s: %s\n", host::panelFile().c_str(), strerror(errno));
  exit(1);
}

}  // namespace

void TFT_eSPI::init() {
  // Nobody notices where no panel is wired.
  if (host::panelFile().empty()) return;
  panel_ = open(host::panelFile().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (panel_ < 0) fail();
}

void TFT_eSPI::fillScreen(uint32_t colour) {
  for (int32_t y = 0; y < SIDE; y++) {
    for (int32_t x = 0; x < SIDE; x++) write(x, y, static_cast<uint8_t>(colour >> 8), static_cast<uint8_t>(colour));
  }
}

void TFT_eSPI::pushImage(int32_t x, int32_t y, int32_t width, int32_t height, const uint16_t *pixels) {
  const uint8_t *bytes = reinterpret_cast<const uint8_t *>(pixels);
  const int first = isSwapping_ ? 1 : 0;
  for (int32_t row = 0; row < height; row++) {
    for (int32_t column = 0; column < width; column++, bytes += 2) {
      write(x + column, y + row, bytes[first], bytes[1 - first]);
    }
  }
}

void TFT_eSPI::write(int32_t x, int32_t y, uint8_t first, uint8_t second) {
  if (panel_ < 0 || x < 0 || y < 0 || x >= SIDE || y >= SIDE) return;
  const uint8_t pixel[] = {first, second};
  if (pwrite(panel_, pixel, sizeof pixel, (y * SIDE + x) * 2) != sizeof pixel) fail();
}
