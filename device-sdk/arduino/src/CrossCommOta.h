// Takes new firmware over the air, as `crosscomm ota` sends it: signed, for this kind of board alone, newer than what runs, and whole before
// it is begun. For ESP32 and ESP8266; include it in one file of the sketch. See README.md, and section 20 of the protocol.
#pragma once

#include "CrossComm.h"

#if defined(ESP32)
#include "crosscomm/FirmwarePlaceEsp32.h"
#elif defined(ESP8266)
#include "crosscomm/FirmwarePlaceEsp8266.h"
#else
#error "CrossComm: firmware over the air is for the ESP32 and the ESP8266."
#endif

class CrossCommOta {
 public:
  /**
   * `board`: what the sender must call this kind of board. `version`: of this sketch, "1.3.0". `key`: what `crosscomm ota keygen` printed;
   * `nextKey`: a second one, to change over to. All are kept as pointers.
   */
  CrossCommOta(const char *board, const char *version, const char *key, const char *nextKey = nullptr)
      : board_(board), version_(version), key_(key), nextKey_(nextKey) {}
  ~CrossCommOta() { forget(); }

  /** Call it in setup(), with the sketch's CrossComm: the gateway hears that this board takes firmware. */
  void begin(crosscomm::Core &cc) {
    cc.takeFirmware();
    char lost[VERSION_BYTES];
    if (place_.begin(version_, lost, sizeof lost)) {
      tell("refused, as it did not get online and what was before runs again", lost, "");
    } else tell("runs", version_, "");
  }

  /** Call it in the handler of onFile(), for each file. Whether it was firmware, so that the sketch has nothing to do with it. */
  bool take(CrossCommFile &file) {
    if (file.kind != crosscomm::FileKind::Firmware) return false;
    if (file.isOffered()) {
      forget();
      id_ = file.id;
      got_ = 0;
      state_ = State::Head;
    } else if (state_ != State::Idle && file.id == id_) {
      if (file.isChunk()) add(file);
      else finish(file);
    }
    return true;
  }

  /** Call it in loop(), behind cc.loop(): tells the gateway how far it is. */
  void loop(crosscomm::Core &cc) {
    if (!cc.isOnline()) return;
    place_.confirm();
    if (!hasTold_ && cc.log(static_cast<const char *>(report_)) == CrossCommResult::Ok) hasTold_ = true;
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
  static const size_t POINT_BYTES = 65;
  static const size_t VERSION_BYTES = 20;
  /** What ends the transfer is on its way for a moment; a board that is gone before would be offered the file again. */
  static const unsigned long RESTART_MS = 1000;
  static const uint8_t TELL_EVERY_PERCENT = 10;

  void add(CrossCommFile &file) {
    const uint8_t *bytes = file.bytes;
    size_t left = file.length;
    if (file.offset != got_) {
      // Only what was skipped may lie between.
      if (state_ != State::Image || file.offset != HEAD_BYTES + place_.written()) {
        return refuse(file, "refused, as a part of it is missing");
      }
      got_ = file.offset;
    }
    got_ += static_cast<uint32_t>(left);
    if (state_ == State::Head) {
      const uint32_t before = file.offset;
      const size_t taken = left < HEAD_BYTES - before ? left : HEAD_BYTES - before;
      memcpy(head_ + before, bytes, taken);
      if (got_ < HEAD_BYTES) return;
      bytes += taken;
      left -= taken;
      if (isSame()) return refuse(file, "runs already");
      if (const char *why = faultOfHead(file.size)) return refuse(file, why);
      if (!place_.open(size(), head_ + HASH_AT)) return refuse(file, "refused, as there is no room for it");
      state_ = State::Image;
      // What was written before a reset is not sent again.
      const uint32_t kept = place_.keeps();
      if (kept >= left) {
        if (!place_.skip(file, left)) return refuse(file, "refused, as it cannot be read again");
        return;
      }
      place_.restart();
    }
    if (left == 0) return;
    if (!place_.write(bytes, left)) return refuse(file, "refused, as it cannot be written");
    const uint8_t percent = static_cast<uint8_t>(place_.written() / (size() / 100 + 1));
    if (percent < told_ + TELL_EVERY_PERCENT) return;
    told_ = percent;
    char text[8];
    snprintf(text, sizeof text, " %u %%", percent);
    tell("is at", newVersion_, text);
  }

  void finish(const CrossCommFile &file) {
    if (!file.isWhole() || state_ != State::Image || place_.written() != size()) return give("broke off");
    if (!place_.isWhole(head_ + HASH_AT)) return give("refused, as its content is not what was signed");
    if (!place_.choose(newVersion_)) return give("refused, as it cannot be begun");
    state_ = State::Ready;
    readyMs_ = millis();
    tell("is ready", newVersion_, "");
  }

  /** Whether it is the very version that runs, signed for this board. */
  bool isSame() {
    if (faultOfSigner() != nullptr) return false;
    unsigned own[3];
    readVersion(own);
    for (size_t i = 0; i < 3; i++) {
      if (at16(6 + 2 * i) != own[i]) return false;
    }
    return true;
  }

  /** Why firmware with this head is not taken; null: it is. The signature first: before it, nothing else is worth a word. */
  const char *faultOfHead(uint32_t fileSize) {
    if (const char *why = faultOfSigner()) return why;
    if (fileSize != HEAD_BYTES + size()) return "refused, as it is not whole";
    unsigned own[3];
    readVersion(own);
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

  /** Why it is not signed for this kind of board; null: it is. */
  const char *faultOfSigner() {
    if (memcmp(head_, "CCFW\1", 5) != 0) return "refused, as it is of a later format";
    if (!isSignedBy(key_) && !isSignedBy(nextKey_)) return "refused, as it is not signed by a key of this board";
    char board[BOARD_BYTES + 1] = {};
    memcpy(board, head_ + BOARD_AT, BOARD_BYTES);
    snprintf(newVersion_, sizeof newVersion_, "%u.%u.%u", at16(6), at16(8), at16(10));
    return strcmp(board, board_) == 0 ? nullptr : "refused, as it is for another board";
  }

  void readVersion(unsigned (&own)[3]) const {
    own[0] = own[1] = own[2] = 0;
    sscanf(version_, "%u.%u.%u", &own[0], &own[1], &own[2]);
  }

  bool isSignedBy(const char *key) const {
    uint8_t point[POINT_BYTES];
    if (key == nullptr || strlen(key) != 2 * sizeof point) return false;
    for (size_t i = 0; i < sizeof point; i++) {
      unsigned byte;
      if (sscanf(key + 2 * i, "%2x", &byte) != 1) return false;
      point[i] = static_cast<uint8_t>(byte);
    }
    return crosscomm::FirmwarePlace::isSigned(head_, SIGNED_BYTES, head_ + SIGNED_BYTES, point);
  }

  void refuse(CrossCommFile &file, const char *why) {
    file.cancel();
    give(why);
  }

  void give(const char *why) {
    tell(why, newVersion_[0] == 0 ? "that came" : newVersion_, "");
    forget();
  }

  /** What runs stays. What was written of another is kept for the next try. */
  void forget() {
    place_.close();
    state_ = State::Idle;
    newVersion_[0] = 0;
    told_ = 0;
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
  crosscomm::FirmwarePlace place_;
  uint8_t head_[HEAD_BYTES];
  char newVersion_[VERSION_BYTES] = "";
  /** The last that happened, for the device's log. */
  char report_[120];
  /** There is nothing to tell before begin(). */
  bool hasTold_ = true;
  uint8_t told_ = 0;
  uint16_t id_ = 0;
  uint32_t got_ = 0;
  unsigned long readyMs_ = 0;
  State state_ = State::Idle;
};
