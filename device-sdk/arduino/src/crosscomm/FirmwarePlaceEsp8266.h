// Where an ESP8266 keeps its next firmware: the free flash behind the sketch, from where the boot loader copies it over the sketch at the next
// start. There is no way back from there, so all is checked before. For CrossCommOta.h.
#pragma once

#include <StackThunk.h>
#include <Updater.h>
#include <bearssl/bearssl.h>

#include "Core.h"

namespace crosscomm {

/** What a signature is checked with, by a function that gets all of it through one pointer. */
struct FirmwareSignature {
  const uint8_t *digest;
  const uint8_t *bytes;
  const uint8_t *point;
};

}  // namespace crosscomm

/** It takes more stack than a sketch has: the core's second one, by make_stack_thunk. */
extern "C" inline __attribute__((used, noinline)) uint32_t crosscommVerify(const crosscomm::FirmwareSignature *what) {
  const size_t HASH_BYTES = 32, POINT_BYTES = 65, SIGNATURE_BYTES = 64;
  br_ec_public_key key;
  key.curve = BR_EC_secp256r1;
  key.q = const_cast<unsigned char *>(what->point);
  key.qlen = POINT_BYTES;
  return br_ecdsa_i15_vrfy_raw(&br_ec_p256_m15, what->digest, HASH_BYTES, &key, what->bytes, SIGNATURE_BYTES);
}
extern "C" uint32_t thunk_crosscommVerify(const crosscomm::FirmwareSignature *what);
make_stack_thunk(crosscommVerify);

namespace crosscomm {

class FirmwarePlace {
 public:
  ~FirmwarePlace() { close(); }

  /** There is one place for applications alone, so nothing is ever taken back. */
  bool begin(const char *, char *, size_t) { return false; }
  void confirm() {}

  bool open(uint32_t size, const uint8_t *) {
    close();
    if (!Update.begin(size)) return false;
    isOpen_ = true;
    written_ = 0;
    br_sha256_init(&hash_);
    return true;
  }

  /** Nothing: to read it again and write it once more takes as long as to get it again. */
  uint32_t keeps() const { return 0; }
  bool skip(Download &, uint32_t) { return false; }
  void restart() {}

  uint32_t written() const { return written_; }

  bool write(const uint8_t *bytes, size_t length) {
    br_sha256_update(&hash_, bytes, length);
    if (Update.write(const_cast<uint8_t *>(bytes), length) != length) return false;
    written_ += static_cast<uint32_t>(length);
    return true;
  }

  bool isWhole(const uint8_t *expected) {
    uint8_t digest[br_sha256_SIZE];
    br_sha256_out(&hash_, digest);
    return memcmp(digest, expected, sizeof digest) == 0;
  }

  /** The next start copies it over what runs. */
  bool choose(const char *) {
    isOpen_ = false;
    return Update.end();
  }

  /** Where it is not whole, or something went wrong, end() forgets it. What is whole goes wrong by one byte more. */
  void close() {
    if (!isOpen_) return;
    isOpen_ = false;
    uint8_t more = 0;
    if (Update.isFinished()) Update.write(&more, 1);
    Update.end();
  }

  static bool isSigned(const uint8_t *bytes, size_t length, const uint8_t *signature, const uint8_t *point) {
    uint8_t digest[br_sha256_SIZE];
    br_sha256_context hash;
    br_sha256_init(&hash);
    br_sha256_update(&hash, bytes, length);
    br_sha256_out(&hash, digest);
    const FirmwareSignature what = {digest, signature, point};
    stack_thunk_add_ref();
    const bool isValid = thunk_crosscommVerify(&what) == 1;
    stack_thunk_del_ref();
    return isValid;
  }

 private:
  bool isOpen_ = false;
  uint32_t written_ = 0;
  br_sha256_context hash_;
};

}  // namespace crosscomm
