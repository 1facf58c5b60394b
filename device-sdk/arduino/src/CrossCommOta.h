// Takes new firmware over the air, as `crosscomm ota send` sends it: signed, for this board alone, newer than what runs, and whole before
// it is begun. For the ESP32; include it in one file of the sketch. See README.md, and section 20 of the protocol.
#pragma once

#include "CrossComm.h"

#if !defined(ESP32)
#error "CrossComm: firmware over the air is for the ESP32 alone so far."
#endif
#include <Update.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/md.h>

class CrossCommOta {
 public:
  /**
   * `board`: what the sender must call this kind of board. `version`: of this sketch, "1.3.0". `key`: what `crosscomm ota keygen` printed;
   * `nextKey`: a second one, to change over to. All are kept as pointers.
   */
  CrossCommOta(const char *board, const char *version, const char *key, const char *nextKey = nullptr)
      : board_(board), version_(version), key_(key), nextKey_(nextKey) {
    tell("runs", version_, "");
  }
  ~CrossCommOta() { forget(); }

  /** Call it in the handler of onFile(), for each file. Whether it was firmware, so that the sketch has nothing to do with it. */
  bool take(CrossCommFile &file) {
    if (file.isOffered()) {
      const bool isFirmware = endsLikeFirmware(file);
      if (isFirmware) begin(file);
      return isFirmware;
    }
    if (state_ == State::Idle || file.id != id_) return false;
    if (file.isChunk()) add(file);
    else finish(file);
    return true;
  }

  /** Call it in loop(), with the sketch's CrossComm: tells the gateway how far it is. */
  void loop(crosscomm::Core &cc) {
    if (!hasTold_ && cc.isOnline() && cc.log(static_cast<const char *>(report_)) == CrossCommResult::Ok)
      hasTold_ = true;
  }

  /** New firmware is in place, the gateway has had the time to hear of it, and ESP.restart() begins it. */
  bool isReady() const { return state_ == State::Ready && hasTold_ && millis() - readyMs_ >= RESTART_MS; }

 private:
  enum class State : uint8_t { Idle, Head, Image, Ready };
  static const size_t SIGNED_BYTES = 88;
  static const size_t HEAD_BYTES = SIGNED_BYTES + 64;
  static const size_t BOARD_AT = 24;
  static const size_t BOARD_BYTES = 32;
  static const size_t HASH_AT = BOARD_AT + BOARD_BYTES;
  /** What ends the transfer is on its way for a moment; a board that is gone before would be offered the file again. */
  static const unsigned long RESTART_MS = 1000;
  static const uint8_t TELL_EVERY_PERCENT = 10;

  /** A name that was too long for a frame has kept its end. */
  static bool endsLikeFirmware(const CrossCommFile &file) {
    const size_t length = file.name.size();
    return file.name.isText() && length >= 5 && memcmp(file.name.data() + length - 5, ".ccfw", 5) == 0;
  }

  void begin(CrossCommFile &file) {
    forget();
    id_ = file.id;
    state_ = State::Head;
    got_ = 0;
  }

  void add(CrossCommFile &file) {
    const uint8_t *bytes = file.bytes;
    size_t left = file.length;
    if (file.offset != got_) return refuse(file, "refused, as a part of it is missing");
    got_ += static_cast<uint32_t>(left);
    if (state_ == State::Head) {
      const uint32_t before = file.offset;
      const size_t taken = left < HEAD_BYTES - before ? left : HEAD_BYTES - before;
      memcpy(head_ + before, bytes, taken);
      if (got_ < HEAD_BYTES) return;
      bytes += taken;
      left -= taken;
      if (const char *why = faultOfHead(file.size)) return refuse(file, why);
      if (!Update.begin(size())) return refuse(file, "refused, as there is no room for it");
      mbedtls_md_init(&hash_);
      isHashing_ = true;
      mbedtls_md_setup(&hash_, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0);
      mbedtls_md_starts(&hash_);
      state_ = State::Image;
    }
    if (left == 0) return;
    mbedtls_md_update(&hash_, bytes, left);
    if (Update.write(const_cast<uint8_t *>(bytes), left) != left)
      return refuse(file, "refused, as it cannot be written");
    const uint8_t percent = static_cast<uint8_t>((got_ - HEAD_BYTES) / (size() / 100 + 1));
    if (percent < told_ + TELL_EVERY_PERCENT) return;
    told_ = percent;
    char text[8];
    snprintf(text, sizeof text, " %u %%", percent);
    tell("is at", newVersion_, text);
  }

  void finish(const CrossCommFile &file) {
    if (!file.isWhole() || state_ != State::Image || got_ != HEAD_BYTES + size()) return give("broke off");
    uint8_t digest[32];
    if (mbedtls_md_finish(&hash_, digest) != 0 || memcmp(digest, head_ + HASH_AT, sizeof digest) != 0)
      return give("refused, as its content is not what was signed");
    if (!Update.end()) return give("refused, as it cannot be begun");
    forgetHash();
    state_ = State::Ready;
    readyMs_ = millis();
    tell("is ready", newVersion_, "");
  }

  /** Why firmware with this head is not taken; null: it is. The signature first: before it, nothing else is worth a word. */
  const char *faultOfHead(uint32_t fileSize) {
    if (memcmp(head_, "CCFW\1", 5) != 0) return "refused, as it is of a later format";
    if (!isSignedBy(key_) && !isSignedBy(nextKey_)) return "refused, as it is not signed by a key of this board";
    char board[BOARD_BYTES + 1] = {};
    memcpy(board, head_ + BOARD_AT, BOARD_BYTES);
    snprintf(newVersion_, sizeof newVersion_, "%u.%u.%u", at16(6), at16(8), at16(10));
    if (strcmp(board, board_) != 0) return "refused, as it is for another board";
    if (fileSize != HEAD_BYTES + size()) return "refused, as it is not whole";
    unsigned own[3] = {0, 0, 0};
    sscanf(version_, "%u.%u.%u", &own[0], &own[1], &own[2]);
    bool isNewer = false;
    bool isSame = true;
    bool replaces = true;
    for (size_t i = 0; i < 3; i++) {
      const unsigned other = at16(6 + 2 * i);
      if (isSame && other > own[i]) isNewer = true;
      if (other != own[i]) isSame = false;
      if (at16(12 + 2 * i) != own[i]) replaces = false;
    }
    if (!isNewer && !replaces) return "refused, as it is not newer than what runs";
    return nullptr;
  }

  bool isSignedBy(const char *key) const {
    uint8_t point[65];
    if (key == nullptr || strlen(key) != 2 * sizeof point) return false;
    for (size_t i = 0; i < sizeof point; i++) {
      unsigned byte;
      if (sscanf(key + 2 * i, "%2x", &byte) != 1) return false;
      point[i] = static_cast<uint8_t>(byte);
    }
    uint8_t digest[32];
    if (mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), head_, SIGNED_BYTES, digest) != 0) return false;
    mbedtls_ecp_group group;
    mbedtls_ecp_point q;
    mbedtls_mpi r, s;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&q);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    const bool isValid = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
                         mbedtls_ecp_point_read_binary(&group, &q, point, sizeof point) == 0 &&
                         mbedtls_ecp_check_pubkey(&group, &q) == 0 &&
                         mbedtls_mpi_read_binary(&r, head_ + SIGNED_BYTES, 32) == 0 &&
                         mbedtls_mpi_read_binary(&s, head_ + SIGNED_BYTES + 32, 32) == 0 &&
                         mbedtls_ecdsa_verify(&group, digest, sizeof digest, &q, &r, &s) == 0;
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_point_free(&q);
    mbedtls_ecp_group_free(&group);
    return isValid;
  }

  void refuse(CrossCommFile &file, const char *why) {
    file.cancel();
    give(why);
  }

  void give(const char *why) {
    tell(why, newVersion_[0] == 0 ? "that came" : newVersion_, "");
    forget();
  }

  /** Nothing of it is left, and what runs stays. */
  void forget() {
    if (state_ == State::Image) Update.abort();
    forgetHash();
    state_ = State::Idle;
    newVersion_[0] = 0;
    told_ = 0;
  }

  void forgetHash() {
    if (isHashing_) mbedtls_md_free(&hash_);
    isHashing_ = false;
  }

  void tell(const char *what, const char *version, const char *more) {
    snprintf(report_, sizeof report_, "firmware %s %s%s", version, what, more);
    hasTold_ = false;
  }

  unsigned at16(size_t at) const { return head_[at] | static_cast<unsigned>(head_[at + 1]) << 8; }
  uint32_t size() const { return at16(20) | static_cast<uint32_t>(at16(22)) << 16; }

  const char *board_;
  const char *version_;
  const char *key_;
  const char *nextKey_;
  uint8_t head_[HEAD_BYTES];
  char newVersion_[20] = "";
  /** The last that happened, for the device's log. */
  char report_[120];
  bool hasTold_ = false;
  bool isHashing_ = false;
  uint8_t told_ = 0;
  uint16_t id_ = 0;
  uint32_t got_ = 0;
  unsigned long readyMs_ = 0;
  State state_ = State::Idle;
  mbedtls_md_context_t hash_;
};
