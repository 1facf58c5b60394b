// This is not Bodmer's TFT_eSPI, but a stand-in with a part of its interface, written for these tests: that library cannot
// be installed from a package. Its panel, of 240 by 240 pixels, is a file: what is pushed is in it as it would go over the
// wire, 16 bits a pixel.
#pragma once

#include <stdint.h>

const uint16_t TFT_BLACK = 0;

class TFT_eSPI {
 public:
  void init();
  void fillScreen(uint32_t colour);
  /**
   * Whether pushImage() swaps the two bytes of each pixel. The panel takes the high one first; a uint16_t of an ESP has the
   * low one first.
   */
  void setSwapBytes(bool swap) { isSwapping_ = swap; }
  /** What is beyond the panel is left out. */
  void pushImage(int32_t x, int32_t y, int32_t width, int32_t height, const uint16_t *pixels);

 private:
  void write(int32_t x, int32_t y, uint8_t first, uint8_t second);

  int panel_ = -1;
  bool isSwapping_ = false;
};
