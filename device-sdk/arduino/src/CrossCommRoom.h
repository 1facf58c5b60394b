// What a room does together: a beat that all boards have at the same moment, and who of several leads. See README.md; nothing of it is in a
// sketch that does not include it.
#pragma once

#include <CrossComm.h>

namespace crosscomm {

/** Whether a message is what the gateway tells of a behaviour of a channel. */
inline bool isBehaviour(const Message &message, const char *kind, const char *channel) {
  return message.channel == nullptr && message.from == "behaviours" && message[kind] == channel;
}

}  // namespace crosscomm

/**
 * The beat of a channel, by the clock of the board, which follows that of the gateway: it goes on where a message is late or lost.
 *
 *     CrossCommBeat beat("stage", 500);
 *     void onConnect() { beat.join(cc); }
 *     void onMessage(const CrossCommMessage &message) { beat.hear(message); }
 *     void setup() { ... cc.onConnect(onConnect); cc.onMessage(onMessage); }
 *     void loop() { cc.loop(); if (beat.pulse()) blink(); }
 */
class CrossCommBeat {
 public:
  /** `channel` is kept as a pointer; `periodMs`: from pulse to pulse, at least 50, where nobody else has said it. */
  explicit CrossCommBeat(const char *channel, uint16_t periodMs = 2000) : channel_(channel), periodMs_(periodMs) {}

  /** Asks the gateway for it: in the handler of onConnect(). */
  crosscomm::Result join(crosscomm::Core &cc) {
    marked_ = false;
    return cc.message("behaviours").field("sync", channel_).field("periodMs", periodMs_).send();
  }

  /** In the handler of onMessage(); true where the message was for this beat. */
  bool hear(const CrossCommMessage &message) {
    if (!crosscomm::isBehaviour(message, "sync", channel_)) return false;
    const uint32_t told = static_cast<uint32_t>(message["periodMs"].toInt()) * 16;
    if (told >= 50 * 16UL) {
      mark(static_cast<uint32_t>(message["beat"].toInt()), told,
           now() - static_cast<uint32_t>(message["lateMs"].toInt()) * 16);
    }
    return true;
  }

  /** True once at each pulse. Call it in loop(). */
  bool pulse() {
    if (!known_) return false;
    const int32_t late = static_cast<int32_t>(now() - nextAt_);
    if (late < 0) return false;
    // Of several that a slow loop() has missed, the last.
    const uint32_t pulses = static_cast<uint32_t>(late) / period_;
    givenAt_ = nextAt_ + pulses * period_;
    number_ = nextNumber_ + pulses;
    nextAt_ = givenAt_ + period_;
    nextNumber_ = number_ + 1;
    return true;
  }

  /** The number of the last pulse, the same on all boards. */
  uint32_t number() const { return number_; }

 private:
  // Times are of sixteenths of a millisecond.
  static uint32_t now() { return static_cast<uint32_t>(millis()) << 4; }
  static const int32_t MOST_OFF = 10 * 16;
  static const int32_t MOVED = 60 * 16;
  static const uint8_t MOVED_MARKS = 4;

  /** The gateway says that the pulse of a number was at a time of this board's clock. */
  void mark(uint32_t number, uint32_t told, uint32_t pulseAt) {
    // A little: only as the gateway follows others. Else the beat itself is another one.
    const bool isOther = told > told_ + told_ / 16 || told < told_ - told_ / 16;
    if (!marked_ || isOther) {
      begin(number, told, pulseAt);
      return;
    }
    const int32_t ahead = static_cast<int32_t>(pulseAt - nextAt_);
    const int32_t period = static_cast<int32_t>(period_);
    const int32_t pulses = (ahead + (ahead < 0 ? -period : period) / 2) / period;
    const int32_t off = ahead - pulses * period;
    far_ = off >= MOVED || off <= -MOVED ? static_cast<uint8_t>(far_ + 1) : 0;
    if (far_ >= MOVED_MARKS) {
      begin(number, told, pulseAt);
      return;
    }
    const int32_t counts = off > MOST_OFF ? MOST_OFF : off < -MOST_OFF ? -MOST_OFF : off;
    const uint32_t since = number - markedNumber_;
    markedNumber_ = number;
    nextAt_ += static_cast<uint32_t>(counts * 5 / 16);
    nextNumber_ = number - static_cast<uint32_t>(pulses);
    if (since > 0 && since < 256) drift_ += counts / static_cast<int32_t>(since);
    // The rest stays, so that small differences count in the end.
    period_ += static_cast<uint32_t>(drift_ / 24);
    drift_ %= 24;
    skipGiven();
  }

  void begin(uint32_t number, uint32_t told, uint32_t pulseAt) {
    told_ = period_ = told;
    markedNumber_ = number;
    nextAt_ = pulseAt + told;
    nextNumber_ = number + 1;
    drift_ = 0;
    far_ = 0;
    if (!known_) givenAt_ = pulseAt;
    marked_ = known_ = true;
    skipGiven();
  }

  /** A pulse that was given does not come again where it has moved a little. */
  void skipGiven() {
    const uint32_t since = nextAt_ - givenAt_;
    if (since >= period_ / 2 && since < 0x80000000UL) return;
    nextAt_ += period_;
    nextNumber_++;
  }

  const char *channel_;
  uint16_t periodMs_;
  bool known_ = false;
  /** Since the last join(). */
  bool marked_ = false;
  uint8_t far_ = 0;
  uint32_t told_ = 0;
  uint32_t period_ = 0;
  int32_t drift_ = 0;
  uint32_t nextAt_ = 0;
  uint32_t nextNumber_ = 0;
  uint32_t markedNumber_ = 0;
  uint32_t givenAt_ = 0;
  uint32_t number_ = 0;
};

/**
 * Who leads, of those who want to.
 *
 *     CrossCommLeader leader("stage", "uno-1");
 *     void onConnect() { leader.stand(cc); }
 *     void onMessage(const CrossCommMessage &message) { leader.hear(message); }
 *     void loop() { cc.loop(); digitalWrite(LED_BUILTIN, leader.isMe()); }
 */
class CrossCommLeader {
 public:
  /** `channel` and `id`, this board's, are kept as pointers. */
  CrossCommLeader(const char *channel, const char *id) : channel_(channel), id_(id) {}

  /** Says whether this board wants to lead: in the handler of onConnect(), and whenever it wants something else. */
  crosscomm::Result stand(crosscomm::Core &cc, bool wants = true) {
    isMe_ = false;
    return cc.message("behaviours").field("leader", channel_).field("stand", wants).send();
  }

  /** In the handler of onMessage(); true where the message was about this leader. */
  bool hear(const CrossCommMessage &message) {
    if (!crosscomm::isBehaviour(message, "leader", channel_)) return false;
    isMe_ = message["name"] == id_;
    return true;
  }

  /** Whether this board leads, as far as it knows. */
  bool isMe() const { return isMe_; }

 private:
  const char *channel_;
  const char *id_;
  bool isMe_ = false;
};
