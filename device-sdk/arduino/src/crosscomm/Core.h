#pragma once

#include "Builder.h"
#include "Frame.h"
#include "Outbox.h"
#include "Transport.h"

namespace crosscomm {

/** A message that came. Everything in it is valid until the handler returns. */
struct Message {
  /** The channel as the sketch named it in on(); null where it came to the device itself, or by a pattern. */
  const char *channel;
  /** The channel's name where `channel` is null and it has one: by a pattern. */
  Value to;
  Value value;
  /** The client that sent it; null where the gateway did. */
  Value from;

  /** The value itself, or a key of it. */
  bool toBool() const { return value.toBool(); }
  long toInt() const { return value.toInt(); }
  float toFloat() const { return value.toFloat(); }
  Value operator[](const char *key) const { return value[key]; }
};

/** A call of a service of the device. */
struct Call {
  Value args;
  Value from;
};

/** The answer to a call(). */
struct Reply {
  /** Code::Ok, or why there is no answer. */
  uint16_t code;
  Value value;
  Value text;

  bool isOk() const { return code == Code::Ok; }
};

/** What the gateway could not do for the device. */
struct Error {
  /** See Code. */
  uint16_t code;
  Value text;
  /** An array: the frame's type, and its number (section 3). */
  Value about;
};

typedef void (*MessageHandler)(const Message &message);
typedef void (*ServiceHandler)(const Call &call, Builder &reply);
typedef void (*ReplyHandler)(const Reply &reply);
typedef void (*ErrorHandler)(const Error &error);
/** The number of the message, how many recipients have it in their queue, and a code. */
typedef void (*ReceiptHandler)(uint32_t number, uint32_t delivered, uint16_t code);

/** A channel or a service that the sketch named. */
struct Entry {
  enum State : uint8_t { New, Confirmed, Refused, Service };
  const char *name;
  union {
    MessageHandler onMessage;
    ServiceHandler onCall;
  };
  State state;
};

class Core;

/** What Core remembers. It begins as zeros, at the cost of no code on boards where all memory begins so. */
struct CoreMemory {
  enum class State : uint8_t { Idle, Offline, Greeting, Online, Stopped };
  struct OpenCall {
    ReplyHandler handler;
    uint16_t id;
    uint32_t sinceMs;
  };

  // Parts that a sketch does not use are not linked: what uses them sets these.
  void (*workOnKept_)(Core &core);
  void (*acknowledge_)(Core &core, uint32_t number);
  void (*mend_)(Core &core, uint16_t code, uint32_t number);
  void (*answerCall_)(Core &core, const Frame &frame);
  void (*endCalls_)(Core &core, const Frame *reply);

  Transport *transport_;
  const char *id_;
  const char *user_;
  const char *password_;
  uint8_t *receiveBuffer_;
  size_t maxFrame_;
  Entry *entries_;
  uint8_t maxEntries_;
  uint8_t entryCount_;
  Dictionary dictionary_;
  /** How many keys the gateway knows, and how many it will ever take. */
  uint16_t keysKnown_;
  uint16_t keysTaken_;

  State state_;
  bool isWorking_;
  bool isDeclaring_;
  bool ackPending_;
  bool hintUsed_;
  bool timeTrusted_;
  uint8_t generation_;
  uint8_t tries_;
  uint16_t faults_;
  uint16_t refusal_;
  uint16_t lastCallId_;

  uint32_t nowMs_;
  /** When the next Hello is due, and how long to wait after it. */
  uint32_t helloAtMs_;
  uint16_t helloWaitMs_;
  uint32_t heardMs_;
  uint32_t spokeMs_;
  /** When kept frames, or a declaration, are sent again, and how long to wait after it. */
  uint32_t repeatAtMs_;
  uint16_t repeatWaitMs_;
  uint32_t declareAtMs_;
  uint16_t declareWaitMs_;
  uint32_t ackAtMs_;
  uint32_t gapAckMs_;
  uint32_t welcomeMs_;

  uint32_t random_;
  uint32_t bootId_;
  uint32_t session_;
  /** Numbers down: the last that was taken, and the bytes of what was taken and not acknowledged yet. */
  uint32_t received_;
  uint16_t unacknowledgedBytes_;
  /** Numbers up: the last that was acknowledged, and the highest that was ever sent. */
  uint32_t acknowledged_;
  uint32_t highestSent_;
  uint32_t serverTime_;
  uint16_t gatewayMaxFrame_;
  uint16_t gatewayWindow_;
  uint16_t maxAliases_;

  MessageHandler onMessage_;
  ErrorHandler onError_;
  ReceiptHandler onReceipt_;
  OpenCall calls_[CROSSCOMM_MAX_CALLS];
};

/** What CrossComm is without its buffers: the state machine of the protocol's section 4, with the times of section 10. */
class Core : private CoreMemory {
 public:
  /** Begins. `id` is kept as a pointer, as all names are; the stream must be open already. */
  void begin(const char *id, Stream &stream);
  void begin(const char *id, Transport &transport);
  /** Before begin(), where the gateway asks for a user and a password. */
  void credentials(const char *user, const char *password);
  /** Texts that messages use as keys, best as a constant array: each then takes one byte on the wire. */
  template <uint16_t count>
  void keys(const char *const (&keys)[count]) {
    useKeys(keys, count);
  }
  /** A number of the sketch's for this start, 1 to 2^32-1, never the same twice; without, a random one is taken. */
  void bootId(uint32_t bootId) { bootId_ = bootId; }

  /** Does all the work: receives, calls handlers, repeats, reconnects. As often as can be; it does not wait. */
  void loop();
  bool isOnline() const { return state_ == State::Online; }
  /** The code of the last Error with which the gateway refused this device, or Code::Ok. */
  uint16_t refusal() const { return refusal_; }

  /** Subscribes. The channel may be a functional or a private one, or a pattern; the device's own id is onMessage's. */
  Result on(const char *channel, MessageHandler handler);
  /** A channel that is only sent to: it gets a number, and messages to it get shorter. */
  Result channel(const char *channel);
  /** Messages to the device itself, and to channels of a pattern. */
  void onMessage(MessageHandler handler) { onMessage_ = handler; }
  void onError(ErrorHandler handler) { onError_ = handler; }
  /** Before begin(). What became of what was given to deliver(). */
  void onReceipt(ReceiptHandler handler) { onReceipt_ = handler; }

  /** Begins a message to a channel or a client. */
  Builder message(const char *to);
  /** Sends one value, at most once. */
  template <typename T>
  Result send(const char *to, T value) {
    return message(to).add(value).send();
  }
  /** Sends one value, at least once; the gateway takes it once. While offline it is kept. */
  template <typename T>
  Result deliver(const char *to, T value) {
    return message(to).add(value).deliver();
  }
  /** How many messages given to deliver() the gateway does not have yet, and the number of the newest. */
  uint16_t undelivered() const { return outbox_.count(); }
  uint32_t lastNumber() const { return acknowledged_ + outbox_.count(); }

  /** Begins a call of a function that a client offers; send it by deliver(). The handler is called once. */
  Builder call(const char *to, const char *function, ReplyHandler handler);
  /** Offers a function to others. The handler writes the answer into `reply`, and does not send it. */
  Result offer(const char *function, ServiceHandler handler);

  /** A line for the device's log at the gateway; at most once. 0 debug, 1 info, 2 warning, 3 error. */
  Result log(const char *text, uint8_t level = 1);
  Result log(const FlashText *text, uint8_t level = 1);
  /** Says goodbye and stops; with `comesBack` the gateway keeps the session and what comes for it. */
  void end(bool comesBack = false);

  /** Seconds since 1970, or 0 where the gateway has not told; and whether the gateway trusts its clock. */
  uint32_t time() const;
  bool isTimeTrusted() const { return timeTrusted_; }
  /** Frames that came and could not be read. */
  uint16_t faults() const { return faults_; }

 protected:
  Core(uint8_t *receiveBuffer, size_t maxFrame, uint8_t *outbox, size_t outboxSize, Entry *entries, uint8_t maxEntries);

 private:
  friend class Builder;
  /** A frame of the library's own. */
  struct Control {
    uint8_t type;
    uint32_t number;
    const char *text;
    bool isInFlash;
  };

  // Used by Builder.
  bool isCurrent(const Builder &builder) const { return builder.generation_ == generation_; }
  int16_t keyNumber(const char *key) const;
  bool hasRoomFor(size_t length) const { return outbox_.canEverHold(length); }
  Result sendBare(const Builder &builder);
  Result keep(const Builder &builder);

  void useKeys(const char *const *keys, uint16_t count);
  Builder newBuilder(uint8_t items, uint8_t type);
  Entry *find(const char *name, bool isService);
  Result addEntry(const char *name, bool isService, Entry *&entry);
  void writeTarget(CborWriter &writer, const char *to);
  void writeControl(CborWriter &writer, const Control &control);
  void writeHello(CborWriter &writer);
  void sendControl(const Control &control);
  void sendControl(uint8_t type, uint32_t number) { sendControl(Control{type, number, nullptr, false}); }

  void receive(const uint8_t *bytes, size_t length);
  void receiveInSession(const Frame &frame, size_t length);
  void receiveWelcome(const Frame &frame);
  void receiveError(const Frame &frame);
  void receiveSequenced(const Frame &frame, size_t length);
  static void acknowledge(Core &core, uint32_t number);
  void takeAck(uint32_t number);
  void confirm(uint8_t type, uint32_t number);
  void act(const Frame &frame);
  void actOnMessage(const Frame &frame);
  static void answerCall(Core &core, const Frame &frame);
  static void endCalls(Core &core, const Frame *reply);
  void endCall(OpenCall &call, const Reply &reply);
  Builder refuseCall(const Frame &frame, uint16_t code);
  static void mend(Core &core, uint16_t code, uint32_t number);
  void giveUpFramesTo(uint32_t alias);

  void workOnline();
  bool declare();
  static void workOnKept(Core &core);
  void sendKept();
  void repeatKept();
  void lose(uint16_t delayMs);
  uint16_t jitter(uint16_t ms);
  bool isDue(uint32_t atMs) const { return static_cast<int32_t>(nowMs_ - atMs) >= 0; }

  StreamTransport stream_;
  Outbox outbox_;
};

}  // namespace crosscomm
