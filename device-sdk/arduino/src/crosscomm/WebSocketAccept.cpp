#include "WebSocketAccept.h"

namespace crosscomm {

namespace {

const char GUID[] PROGMEM = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const uint8_t GUID_LENGTH = 36;
const uint8_t TEXT_LENGTH = WEBSOCKET_KEY_LENGTH + GUID_LENGTH;
const uint8_t BLOCK = 64;

char base64Digit(uint8_t six) {
  if (six < 26) return static_cast<char>('A' + six);
  if (six < 52) return static_cast<char>('a' + six - 26);
  if (six < 62) return static_cast<char>('0' + six - 52);
  return six == 62 ? '+' : '/';
}

void base64(const uint8_t *bytes, size_t length, char *text) {
  for (size_t at = 0; at < length; at += 3) {
    const size_t left = length - at;
    uint32_t bits = static_cast<uint32_t>(bytes[at]) << 16;
    if (left > 1) bits |= static_cast<uint32_t>(bytes[at + 1]) << 8;
    if (left > 2) bits |= bytes[at + 2];
    for (uint8_t digit = 0; digit < 4; digit++) {
      *text++ = digit > left ? '=' : base64Digit(static_cast<uint8_t>((bits >> (18 - 6 * digit)) & 63));
    }
  }
  *text = 0;
}

/** The text of a key and the GUID, padded to two blocks as SHA-1 asks for (FIPS 180-4, section 5.1.1). */
uint8_t paddedByte(const char *key, uint8_t at) {
  if (at < WEBSOCKET_KEY_LENGTH) return static_cast<uint8_t>(key[at]);
  if (at < TEXT_LENGTH) return pgm_read_byte(&GUID[at - WEBSOCKET_KEY_LENGTH]);
  if (at == TEXT_LENGTH) return 0x80;
  const uint16_t bits = TEXT_LENGTH * 8;
  if (at == 2 * BLOCK - 2) return static_cast<uint8_t>(bits >> 8);
  return at == 2 * BLOCK - 1 ? static_cast<uint8_t>(bits) : 0;
}

uint32_t rotate(uint32_t word, uint8_t by) { return word << by | word >> (32 - by); }

/** FIPS 180-4, section 6.1.3: the 80 words of the schedule are made in 16. */
void addBlock(uint32_t hash[5], uint32_t words[16]) {
  uint32_t a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4];
  for (uint8_t t = 0; t < 80; t++) {
    uint32_t &word = words[t & 15];
    if (t >= 16) word = rotate(words[(t + 13) & 15] ^ words[(t + 8) & 15] ^ words[(t + 2) & 15] ^ word, 1);
    uint32_t mixed;
    if (t < 20) mixed = (d ^ (b & (c ^ d))) + 0x5A827999U;
    else if (t < 40) mixed = (b ^ c ^ d) + 0x6ED9EBA1U;
    else if (t < 60) mixed = ((b & c) | (d & (b | c))) + 0x8F1BBCDCU;
    else mixed = (b ^ c ^ d) + 0xCA62C1D6U;
    const uint32_t next = rotate(a, 5) + mixed + e + word;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  hash[0] += a;
  hash[1] += b;
  hash[2] += c;
  hash[3] += d;
  hash[4] += e;
}

}  // namespace

void webSocketKey(const uint8_t random[16], char key[WEBSOCKET_KEY_LENGTH + 1]) { base64(random, 16, key); }

void webSocketAccept(const char key[WEBSOCKET_KEY_LENGTH + 1], char accept[WEBSOCKET_ACCEPT_LENGTH + 1]) {
  uint32_t hash[5] = {0x67452301U, 0xEFCDAB89U, 0x98BADCFEU, 0x10325476U, 0xC3D2E1F0U};
  uint32_t words[16] = {0};
  uint8_t at = 0;
  for (uint8_t block = 0; block < 2; block++) {
    for (uint8_t i = 0; i < BLOCK; i++) words[i / 4] = words[i / 4] << 8 | paddedByte(key, at++);
    addBlock(hash, words);
  }
  uint8_t digest[20];
  for (uint8_t i = 0; i < sizeof digest; i++) digest[i] = static_cast<uint8_t>(hash[i / 4] >> (24 - 8 * (i % 4)));
  base64(digest, sizeof digest, accept);
}

}  // namespace crosscomm
