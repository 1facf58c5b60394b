// Where a key is in a shape. Linked where a sketch reads keys, and has a shape.

#include "CborReader.h"

namespace crosscomm {

namespace {

template <typename Read>
int placeOf(const FlashText *keys, Read read) {
  const char *at = reinterpret_cast<const char *>(keys);
  for (int place = 0;; place++) {
    char letter;
    size_t same = 0;
    while ((letter = static_cast<char>(pgm_read_byte(at))) != 0 && letter != ',' && letter == read(same)) {
      at++;
      same++;
    }
    if ((letter == 0 || letter == ',') && read(same) == 0) return place;
    while ((letter = static_cast<char>(pgm_read_byte(at))) != 0 && letter != ',') at++;
    if (letter == 0) return -1;
    at++;
  }
}

}  // namespace

int placeInShape(const FlashText *keys, const char *key) {
  return placeOf(keys, [key](size_t at) { return key[at]; });
}

int placeInShape(const FlashText *keys, const FlashText *key) {
  const char *const text = reinterpret_cast<const char *>(key);
  return placeOf(keys, [text](size_t at) { return static_cast<char>(pgm_read_byte(text + at)); });
}

}  // namespace crosscomm
