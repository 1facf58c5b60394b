// A token of the device's own, in place of credentials in the sketch: section 19 of the protocol. Linked where a sketch pairs.

#include "Core.h"
#include "CoreTimes.h"

namespace crosscomm {

/** What a sketch has given to pair(). There is one for the whole sketch, as its board has one memory for a token. */
class Pairing {
 public:
  enum Secret : uint8_t { None, Token, PairingCode };

  void begin(Core &core, LoadToken load, StoreToken store, const char *code);

 private:
  static void writeCredentials(Core &core, CborWriter &writer);
  static bool part(Core &core, CoreMemory::Event event);

  Secret find(char *secret) const;
  bool loadToken(char *token) const;
  void take();
  void refused();

  Core *core_;
  LoadToken load_;
  StoreToken store_;
  /** Null where there is none, and once it was refused or has served. */
  const char *code_;
  bool isTokenRefused_;
  /** What the last Hello had. */
  Secret shown_;
};

namespace {

Pairing pairing;

const uint8_t PASSWORD = 2, STORES_TOKENS = 3;
const char PREFIX[] PROGMEM = "pair:";
const uint8_t PREFIX_LENGTH = 5, MOST_DIGITS = 15;

/** The answer to an offer. */
struct Answer {
  uint32_t number;
  uint16_t code;
};

void writeAnswer(Core &, CborWriter &writer, const void *what) {
  const Answer &answer = *static_cast<const Answer *>(what);
  writer.array(3);
  writer.unsignedInteger(FrameType::Token);
  writer.unsignedInteger(answer.number);
  writer.unsignedInteger(answer.code);
}

}  // namespace

void Core::usePairing(LoadToken load, StoreToken store, const char *code) { pairing.begin(*this, load, store, code); }

void Pairing::begin(Core &core, LoadToken load, StoreToken store, const char *code) {
  static CoreMemory::Part self = {part, CoreMemory::PairingPart, nullptr};
  *this = Pairing();
  core_ = &core;
  core.usePart(self);
  load_ = load;
  store_ = store;
  code_ = code != nullptr && *code != 0 ? code : nullptr;
  Core::writePairing_ = writeCredentials;
}

/** Whether the memory holds a token. What was never written, or by another sketch, is none. */
bool Pairing::loadToken(char *token) const {
  if (!load_(token)) return false;
  for (uint8_t length = 0; length <= MOST_TOKEN_BYTES; length++) {
    const char c = token[length];
    if (c == 0) return length >= LEAST_TOKEN_BYTES;
    if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z')) return false;
  }
  return false;
}

/** What to prove itself with: the token, and a code where there is no token or it was refused. */
Pairing::Secret Pairing::find(char *secret) const {
  if ((!isTokenRefused_ || code_ == nullptr) && loadToken(secret)) return Token;
  if (code_ == nullptr) return None;
  for (uint8_t i = 0; i < PREFIX_LENGTH; i++) secret[i] = static_cast<char>(pgm_read_byte(PREFIX + i));
  strncpy(secret + PREFIX_LENGTH, code_, MOST_DIGITS);
  secret[PREFIX_LENGTH + MOST_DIGITS] = 0;
  return PairingCode;
}

void Pairing::writeCredentials(Core &, CborWriter &writer) {
  char secret[MOST_TOKEN_BYTES + 1];
  pairing.shown_ = pairing.find(secret);
  writer.map(pairing.shown_ != None ? 2 : 1);
  if (pairing.shown_ != None) {
    writer.put(PASSWORD);
    writer.text(secret);
  }
  writer.put(STORES_TOKENS);
  writer.boolean(true);
}

bool Pairing::part(Core &core, CoreMemory::Event event) {
  if (pairing.core_ != &core) return true;
  if (event == CoreMemory::Event::Frame && core.frame_.type == FrameType::Token) {
    pairing.take();
    return false;
  }
  const bool isRefusal = event == CoreMemory::Event::Lost && core.frame_.type == FrameType::Error;
  if (isRefusal && core.frame_.number(0) == Code::Credentials) pairing.refused();
  return true;
}

/** A token is offered. */
void Pairing::take() {
  const Value offered = core_->frame_.field(1);
  char token[MOST_TOKEN_BYTES + 1], stored[MOST_TOKEN_BYTES + 1];
  if (!offered.isText()) return;
  Answer answer = {core_->frame_.number(0), Code::Ok};
  const bool fits = offered.copyText(token, sizeof token) < sizeof token;
  // Read again, as a memory may be worn out or too small.
  if (!fits || !store_(token) || !loadToken(stored) || strcmp(token, stored) != 0) answer.code = Code::StorageFull;
  core_->sendFrame(writeAnswer, &answer);
  if (answer.code != Code::Ok) return;
  code_ = nullptr;
  isTokenRefused_ = false;
  core_->lose(0);
}

void Pairing::refused() {
  // The gateway counts what is guessed, so it is not tried again.
  if (shown_ == PairingCode) code_ = nullptr;
  if (shown_ != Token || code_ == nullptr) return;
  isTokenRefused_ = true;
  core_->timers_[CoreMemory::HelloTimer] = FIRST_WAIT_MS;
}

}  // namespace crosscomm
