// Where an ESP32 keeps its next firmware: the other one of its two partitions for applications. For CrossCommOta.h.
//
// It is written by the functions of ESP-IDF on which the core's own Update stands, as that begins anew after each reset: it erases before it
// can read again what is there.
#pragma once

#include <Preferences.h>
#include <esp_ota_ops.h>
#include <esp_partition.h>
#include <esp_timer.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/md.h>

#include "Config.h"
#include "Core.h"

namespace crosscomm {

/** Whether what runs was begun for the first time, and nobody has said yet that it works. */
inline bool isFirmwareOnTrial() {
  esp_ota_img_states_t state;
  const esp_partition_t *const running = esp_ota_get_running_partition();
  return esp_ota_get_state_partition(running, &state) == ESP_OK && state == ESP_OTA_IMG_PENDING_VERIFY;
}

class FirmwarePlace {
 public:
  ~FirmwarePlace() { close(); }

  /** Whether firmware was begun and the one before runs again: `lost` gets its version, in `room` bytes. */
  bool begin(const char *running, char *lost, size_t room) {
    load("trial", lost, room);
    if (lost[0] == 0 || strcmp(lost, running) == 0) return false;
    store("trial", "");
    // Where the power was cut just before it was chosen, nothing was tried.
    const esp_partition_t *const other = esp_ota_get_next_update_partition(nullptr);
    esp_ota_img_states_t state;
    if (other == nullptr || esp_ota_get_state_partition(other, &state) != ESP_OK) return false;
    return state == ESP_OTA_IMG_ABORTED || state == ESP_OTA_IMG_INVALID;
  }

  /** What runs works: it is not taken back any more. */
  void confirm() {
    if (isConfirmed_) return;
    isConfirmed_ = true;
    if (!isFirmwareOnTrial()) return;
    esp_ota_mark_app_valid_cancel_rollback();
    store("trial", "");
  }

  /** Makes ready for an image; false: it has no room. */
  bool open(uint32_t size, const uint8_t *hash) {
    place_ = esp_ota_get_next_update_partition(nullptr);
    sector_ = static_cast<uint8_t *>(malloc(SECTOR_BYTES));
    if (place_ == nullptr || sector_ == nullptr || size > place_->size) return false;
    size_ = size;
    written_ = 0;
    filled_ = 0;
    for (size_t i = 0; i < NAME_BYTES; i++) snprintf(name_ + 2 * i, 3, "%02x", hash[i]);
    mbedtls_md_init(&hash_);
    isHashing_ = true;
    mbedtls_md_setup(&hash_, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0);
    mbedtls_md_starts(&hash_);
    char mark[MARK_BYTES];
    load("at", mark, sizeof mark);
    const bool isIt = strncmp(mark, name_, 2 * NAME_BYTES) == 0 && mark[2 * NAME_BYTES] == ' ';
    kept_ = isIt ? static_cast<uint32_t>(strtoul(mark + 2 * NAME_BYTES, nullptr, 10)) : 0;
    if (kept_ > size) kept_ = 0;
    return true;
  }

  /** How much of this image was written before a reset. */
  uint32_t keeps() const { return kept_; }

  /** Goes on behind what is kept; the first `taken` bytes have come again. False where it cannot be read. */
  bool skip(Download &file, uint32_t taken) {
    while (written_ < kept_) {
      const uint32_t length = kept_ - written_ < SECTOR_BYTES ? kept_ - written_ : static_cast<uint32_t>(SECTOR_BYTES);
      if (esp_partition_read(place_, written_, sector_, length) != ESP_OK) return false;
      mbedtls_md_update(&hash_, sector_, length);
      const uint32_t again = taken > written_ ? taken - written_ : 0;
      if (again < length) file.skip(sector_ + again, length - again);
      written_ += length;
    }
    return true;
  }

  /** Nothing is kept. */
  void restart() { store("at", ""); }

  /** How much is written, or about to be. */
  uint32_t written() const { return written_ + static_cast<uint32_t>(filled_); }

  bool write(const uint8_t *bytes, size_t length) {
    mbedtls_md_update(&hash_, bytes, length);
    while (length > 0) {
      const size_t taken = length < SECTOR_BYTES - filled_ ? length : SECTOR_BYTES - filled_;
      memcpy(sector_ + filled_, bytes, taken);
      filled_ += taken;
      bytes += taken;
      length -= taken;
      if ((filled_ == SECTOR_BYTES || written() == size_) && !flush()) return false;
    }
    return true;
  }

  /** Whether all of it came, and is what was signed. */
  bool isWhole(const uint8_t *expected) {
    uint8_t digest[HASH_BYTES];
    const bool isIt = mbedtls_md_finish(&hash_, digest) == 0 && memcmp(digest, expected, sizeof digest) == 0;
    if (!isIt) restart();
    return isIt;
  }

  /** The next start begins it, on trial. ESP-IDF looks at the image once more before. */
  bool choose(const char *version) {
    store("trial", version);
    const bool isChosen = esp_ota_set_boot_partition(place_) == ESP_OK;
    if (!isChosen) store("trial", "");
    restart();
    close();
    return isChosen;
  }

  void close() {
    free(sector_);
    sector_ = nullptr;
    if (isHashing_) mbedtls_md_free(&hash_);
    isHashing_ = false;
  }

  /** Whether the signature is of the owner of the public key: a point of P-256, uncompressed. */
  static bool isSigned(const uint8_t *bytes, size_t length, const uint8_t *signature, const uint8_t *point) {
    uint8_t digest[HASH_BYTES];
    if (mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), bytes, length, digest) != 0) return false;
    mbedtls_ecp_group group;
    mbedtls_ecp_point q;
    mbedtls_mpi r, s;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&q);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    const bool isValid = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
                         mbedtls_ecp_point_read_binary(&group, &q, point, POINT_BYTES) == 0 &&
                         mbedtls_ecp_check_pubkey(&group, &q) == 0 &&
                         mbedtls_mpi_read_binary(&r, signature, HASH_BYTES) == 0 &&
                         mbedtls_mpi_read_binary(&s, signature + HASH_BYTES, HASH_BYTES) == 0 &&
                         mbedtls_ecdsa_verify(&group, digest, sizeof digest, &q, &r, &s) == 0;
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_point_free(&q);
    mbedtls_ecp_group_free(&group);
    return isValid;
  }

 private:
  static const size_t HASH_BYTES = 32;
  static const size_t POINT_BYTES = 65;
  /** What is written, and what is erased, at once. */
  static const size_t SECTOR_BYTES = 4096;
  static const size_t BLOCK_BYTES = 65536;
  /** An image is known again by the first bytes of its hash. */
  static const size_t NAME_BYTES = 16;
  static const size_t MARK_BYTES = 2 * NAME_BYTES + 12;

  bool flush() {
    const uint32_t left = place_->size - written_;
    const size_t erased = left < BLOCK_BYTES ? left : BLOCK_BYTES;
    if (written_ % BLOCK_BYTES == 0 && esp_partition_erase_range(place_, written_, erased) != ESP_OK) return false;
    // Flash that is encrypted is written 16 bytes at a time.
    while (filled_ % 16 != 0) sector_[filled_++] = 0xFF;
    if (esp_partition_write(place_, written_, sector_, filled_) != ESP_OK) return false;
    written_ = written_ + static_cast<uint32_t>(filled_) < size_ ? written_ + static_cast<uint32_t>(filled_) : size_;
    filled_ = 0;
    if (written_ % BLOCK_BYTES != 0) return true;
    char mark[MARK_BYTES];
    snprintf(mark, sizeof mark, "%s %lu", name_, static_cast<unsigned long>(written_));
    store("at", mark);
    return true;
  }

  /** Nothing where there is none. */
  static void load(const char *key, char *text, size_t room) {
    Preferences memory;
    text[0] = 0;
    if (!memory.begin("cc-firmware", true)) return;
    if (memory.getString(key, text, room) == 0) text[0] = 0;
    memory.end();
  }

  static void store(const char *key, const char *text) {
    Preferences memory;
    if (!memory.begin("cc-firmware", false)) return;
    memory.putString(key, text);
    memory.end();
  }

  const esp_partition_t *place_ = nullptr;
  uint8_t *sector_ = nullptr;
  size_t filled_ = 0;
  uint32_t size_ = 0;
  uint32_t written_ = 0;
  uint32_t kept_ = 0;
  bool isHashing_ = false;
  bool isConfirmed_ = false;
  char name_[2 * NAME_BYTES + 1] = "";
  mbedtls_md_context_t hash_;
};

}  // namespace crosscomm

/**
 * Called by the core before setup(): firmware that is begun for the first time is not taken for good yet, and is taken back where it does not get
 * online, also where setup() never ends.
 */
extern "C" bool verifyRollbackLater() {
  if (!crosscomm::isFirmwareOnTrial()) return true;
  esp_timer_create_args_t wish = {};
  wish.callback = [](void *) {
    if (crosscomm::isFirmwareOnTrial()) esp_ota_mark_app_invalid_rollback_and_reboot();
  };
  wish.name = "crosscomm";
  esp_timer_handle_t timer;
  if (esp_timer_create(&wish, &timer) == ESP_OK) {
    esp_timer_start_once(timer, static_cast<uint64_t>(CROSSCOMM_OTA_TRIAL_MS) * 1000U);
  }
  return true;
}
