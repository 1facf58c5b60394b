#pragma once

#include "Builder.h"
#include "Disconnect.h"
#include "File.h"
#include "Frame.h"
#include "Handler.h"
#include "NameArgument.h"
#include "Outbox.h"
#include "Shape.h"
#include "Transport.h"
#include "Variable.h"

namespace crosscomm {

/** A channel as the sketch named it, which compares as a text. */
class ChannelName {
 public:
  explicit ChannelName(const char *text) : text_(text) {}
  operator const char *() const { return text_; }
  bool operator==(decltype(nullptr)) const { return text_ == nullptr; }
  bool operator!=(decltype(nullptr)) const { return text_ != nullptr; }
  bool operator==(const char *other) const { return text_ != nullptr && strcmp(text_, other) == 0; }
  bool operator!=(const char *other) const { return !(*this == other); }

 private:
  const char *text_;
};

/** A message that came. Everything in it is valid until the handler returns. */
struct Message {
  /** The channel as the sketch named it in on(); null where it came to the device itself, or by a topic filter. */
  ChannelName channel;
  /** The channel's name where `channel` is null and it has one: by a topic filter. */
  Content to;
  Content value;
  /** The client that sent it; null where the gateway did. */
  Content from;

  explicit Message(const Frame &frame)
      : channel(nullptr), to(frame.field(0)), value(frame.field(1)), from(frame.field(2)) {}

  /** The value itself, or a key of it. */
  bool toBool() const { return value.toBool(); }
  long toInt() const { return value.toInt(); }
  float toFloat() const { return value.toFloat(); }
  String toString() const { return value.toString(); }
  template <typename T>
  CROSSCOMM_INLINE Field operator[](const T &key) const {
    return value[key];
  }
};

/** A call of a service of the device. */
struct Call {
  Content args;
  Content from;
};

/** The answer to a call(). */
struct Reply {
  /** Code::Ok, or why there is no answer. */
  uint16_t code;
  Content value;
  Content text;

  bool isOk() const { return code == Code::Ok; }
};

/** What the gateway could not do for the device. */
struct Error {
  /** See Code. */
  uint16_t code;
  Content text;
  /** An array: the frame's type, and its number (section 3). */
  Value about;
};

/** Clients of the gateway, in one or more portions. */
struct Clients {
  Value list;
  /** No further portion follows. */
  bool isLast;

  int count() const { return static_cast<int>(list.size()); }
  Content id(int place) const { return list.item(place).item(0); }
  bool isOnline(int place) const { return list.item(place).item(1).toBool(); }
};

typedef Handler<void(const Message &message)> MessageHandler;
typedef Handler<void(const Call &call, Builder &reply)> ServiceHandler;
typedef Handler<void(const Reply &reply)> ReplyHandler;
typedef Handler<void(const Error &error)> ErrorHandler;
typedef Handler<void(const Clients &clients)> ClientsHandler;
typedef Handler<void()> ConnectHandler;
typedef Handler<void(const Disconnect &disconnect)> DisconnectHandler;
/** The number of the message, how many recipients have it in their queue, and a code. */
typedef Handler<void(uint32_t number, uint32_t delivered, uint16_t code)> ReceiptHandler;

/** Reads the token that is stored, with a zero at its end, into MOST_TOKEN_BYTES + 1 bytes; false if there is none. */
typedef bool (*LoadToken)(char *token);
/** Stores a token, in place of the one that is there; false if it cannot. */
typedef bool (*StoreToken)(const char *token);
const uint8_t MOST_TOKEN_BYTES = 40, LEAST_TOKEN_BYTES = 16;

/** A channel or a service that the sketch named. */
struct Entry {
  enum State : uint8_t { New, Confirmed, Refused, Service, Leaving, Free };
  const char *name;
  union {
    MessageHandler onMessage;
    ServiceHandler onCall;
  };
  State state;
};

class Core;

/** What Core remembers. It begins as zeros. An AVR reaches the first 64 bytes by short instructions: what is used most. */
struct CoreMemory {
  enum class State : uint8_t { Idle, Stopped, Offline, Greeting, Online };
  enum Timer : uint8_t {
    /** Until the next Hello. */
    HelloTimer,
    /** Until the link is taken as lost, and until a Ping. */
    SilenceTimer,
    PingTimer,
    /** Until a declaration, or what is kept, is sent again. */
    DeclareTimer,
    RepeatTimer,
    AckTimer,
    /** Until a gap is told of again. */
    GapTimer,
    TIMERS,
  };
  /** What a part is asked to do. */
  enum class Event : uint8_t {
    /** A frame of the session came, it is in `frame_`. */
    Frame,
    /** loop() runs. */
    Tick,
    /** loop() runs, online. Parts that come later wait while an earlier one says false. */
    Work,
    /** A Welcome came, it is in `frame_`; false refuses it. */
    Welcome,
    /** There is a new session: the gateway knows nothing of what was declared. */
    NewSession,
    /** The session is over, or none came about; what ended it is in `frame_`, where it was a frame. */
    Lost,
    /** An Error came, it is in `frame_`. */
    Error,
  };
  /** In what order parts are asked. */
  enum PartPlace : uint16_t {
    PairingPart = 1 << 0,
    /** Before all that calls handlers, so that the sketch hears that it is connected before it hears of messages. */
    ConnectionPart = 1 << 1,
    KeysPart = 1 << 2,
    VariablesPart = 1 << 3,
    LedgerPart = 1 << 4,
    KeptPart = 1 << 5,
    CallsPart = 1 << 6,
    ServicesPart = 1 << 7,
    ClientsPart = 1 << 8,
    OffPart = 1 << 9,
    FileSenderPart = 1 << 10,
    FileReceiverPart = 1 << 11,
    /** Is never asked: says that there are a user and a password. */
    CredentialsPart = 1 << 12,
    DescriptionPart = 1 << 13,
    /** And whether it takes firmware. */
    FirmwarePart = 1 << 14,
  };
  /**
   * What not every sketch uses, and is linked with what uses it: one for the whole program, in a list of those that are used. A
   * sketch that uses none has neither the list nor, as the compiler sees that it stays empty, what asks its parts.
   */
  struct Part {
    /** Returns whether parts that come later are asked too. */
    typedef bool (*Act)(Core &core, Event event);
    Act act;
    PartPlace place;
    Part *next;
  };
  struct OpenCall {
    CoreMemory *core;
    ReplyHandler handler;
    uint16_t id;
    uint16_t sinceMs;
  };

  /** The last frame that came. */
  Frame frame_;
  State state_;
  bool isWorking_;
  bool ackPending_;
  uint8_t entryCount_;
  /** Milliseconds that are left, 0 where time is up. */
  uint16_t timers_[TIMERS];
  /** How long to wait after the next one. */
  uint8_t helloWait_;
  uint8_t declareWait_;
  /** Null where it is `stream_`. */
  Transport *transport_;
  Entry *entries_;
  /** Numbers down: the last that was taken, and the bytes of what was taken and not acknowledged yet. */
  uint32_t received_;
  uint16_t unacknowledgedBytes_;
  uint16_t gatewayMaxFrame_;

  uint32_t session_;
  /** The time of the last loop(), of which an AVR has the lower half. */
#ifdef __AVR__
  uint16_t nowMs_;
#else
  uint32_t nowMs_;
#endif
  /** A sum of the places of those that this object uses. */
  uint16_t parts_;
  const char *id_;
  size_t maxFrame_;
  uint16_t random_;
  uint8_t maxEntries_;
  uint8_t maxAliases_;
  uint16_t gatewayWindow_;
  uint32_t bootId_;
  CROSSCOMM_SHARED uint32_t serverTime_;
  CROSSCOMM_SHARED uint32_t welcomeMs_;
  CROSSCOMM_SHARED bool timeTrusted_;
  /** A Code. */
  uint8_t refusal_;
  CROSSCOMM_SHARED uint16_t faults_;
  uint8_t *receiveBuffer_;
  MessageHandler onMessage_;
  ErrorHandler onError_;
  const char *user_;
  const char *password_;

  StreamLink stream_;

  // Keys.
#ifdef __AVR__
  static Dictionary &dictionary() { return programDictionary; }
  static ShapeInHand &shapeInHand() { return programShape; }
#else
  Dictionary &dictionary() { return dictionary_; }
  ShapeInHand &shapeInHand() { return dictionary_.shape; }
  Dictionary dictionary_;
#endif
  /** How many keys the gateway knows, and how many it will ever take. */
  uint16_t keysKnown_;
  uint16_t keysTaken_;

  // What is kept.
  Outbox outbox_;
  bool hintUsed_;
  uint8_t tries_;
  uint8_t generation_;
  uint8_t repeatWait_;
  /** Numbers up: the last that was acknowledged, and how much higher the highest is that was ever sent. */
  uint32_t acknowledged_;
  uint16_t sentAhead_;
  CROSSCOMM_SHARED ReceiptHandler onReceipt_;

  Variable *variables_;
  CROSSCOMM_SHARED Shape *allShapes_;
  CROSSCOMM_SHARED ClientsHandler onClients_;

  // Calls.
  CROSSCOMM_SHARED uint16_t lastCallId_;
  CROSSCOMM_SHARED OpenCall calls_[CROSSCOMM_MAX_CALLS];
};

/** What CrossComm is without its buffers: the state machine of the protocol's section 4, with the times of section 10. */
class Core : private CoreMemory {
 public:
  /** Begins. `id` is kept as a pointer, as all names are; the stream must be open already. */
  void begin(KeptName id, Stream &stream) { beginStream(id.text(), stream); }
  void begin(KeptName id, Transport &transport) { beginLink(id.text(), transport); }
  /** Before begin(), where the gateway asks for a user and a password. */
  void credentials(KeptName user, KeptName password) { useCredentials(user.text(), password.text()); }
  /**
   * Before begin(), in place of credentials: the gateway gives the device a token of its own, which the two functions keep over a
   * reset. It gets one by its cable, or by a pairing code, six digits that the gateway's `crosscomm pair` shows. See CrossCommToken.h.
   */
  void pair(LoadToken load, StoreToken store) { usePairing(load, store, nullptr); }
  void pair(LoadToken load, StoreToken store, KeptName code) { usePairing(load, store, code.text()); }
  /** Texts that messages use as keys, best as a constant array: each then takes one byte on the wire. */
  template <uint16_t count>
  void keys(const char *const (&keys)[count]) {
    useKeys(keys, count);
  }
  /** A number of the sketch's for this start, 1 to 2^32-1, never the same twice; without, a random one is taken. */
  void bootId(uint32_t bootId) { bootId_ = bootId; }

  /** Does all the work: receives, calls handlers, sends again, connects again. Call it as often as possible; it never blocks. */
  void loop();
  bool isOnline() const { return state_ == State::Online; }
  /** The code of the last Error with which the gateway refused this device, or Code::Ok. */
  uint16_t refusal() const { return refusal_; }

  /**
   * Called when the device is connected: the gateway has welcomed it, and isOnline() is true. What it sends in the handler
   * goes out before all else. One object of a program can have this handler and that of onDisconnect().
   */
  void onConnect(ConnectHandler handler);
  /**
   * Called once for each onConnect(), when that connection is over, and with its reason; in the handler isOnline() is false.
   * Also called each time that the gateway refuses a device that is not connected yet: with Refused and the code. The library
   * connects again by itself where it can; the handler may call end(), or begin() with another link or id.
   */
  void onDisconnect(DisconnectHandler handler);

  /**
   * Subscribes to a channel, also a functional or a private one, or to a topic filter, whose messages come to onMessage()'s
   * handler, as those to the device's own id do.
   */
  Result on(KeptName channel, MessageHandler handler) { return subscribe(channel.text(), handler); }
  /** Subscribes to a channel for its files alone, which come to onFile()'s handler. */
  Result on(KeptName channel) { return subscribe(channel.text(), ignore); }
  /** Names a channel that is only sent to: it gets a number, which makes messages to it shorter. */
  Result channel(KeptName channel) { return nameChannel(channel.text()); }
  /**
   * Gives a channel a shape: the keys of the maps that it carries, separated by commas. It gets a number, as by channel(), and such
   * maps go without their keys both ways. Before on(), where the sketch hears it too.
   */
  Result shape(Shape &shape, const FlashText *keys);
  /** Unsubscribes from a channel that on() or channel() named; its place becomes free for another. */
  void off(Name channel) { leave(channel.text()); }
  /** Called for messages to the device itself, and for those that match a topic filter. */
  void onMessage(MessageHandler handler) { onMessage_ = handler; }
  void onError(ErrorHandler handler);
  /** Before begin(). Called for each message given to deliver(), with what became of it. */
  void onReceipt(ReceiptHandler handler);

  /** Begins a message to a channel or a client, also to one whose name came in a message. */
  Builder message(Name to) { return beginMessage(to.text()); }
  Builder message(const NameCopy &to) { return checked(beginMessage(to.text()), to); }
  /** Sends one value, at most once. See Builder::add() for what a value may be. */
  template <typename T>
  Scalar<T, Result> send(Name to, T value) {
    return giveValue<false>(to.text(), value);
  }
  template <typename T>
  Object<T, Result> send(Name to, const T &value) {
    return giveValue<false>(to.text(), value);
  }
  template <typename T>
  Result send(const NameCopy &to, const T &value) {
    return to.isBad() ? Result::BadName : send(to.text(), value);
  }
  /** Bytes, or a text, of that length. */
  template <typename T>
  Result send(Name to, const T *items, size_t length) {
    return givePiece<false>(to.text(), items, length);
  }
  template <typename T>
  Digits<T, Result> send(Name to, T value, int) {
    return send(to, value);
  }
  /** Sends one value at least once: it is kept, also while offline, and sent again until the gateway has it. */
  template <typename T>
  Scalar<T, Result> deliver(Name to, T value) {
    return giveValue<true>(to.text(), value);
  }
  template <typename T>
  Object<T, Result> deliver(Name to, const T &value) {
    return giveValue<true>(to.text(), value);
  }
  template <typename T>
  Result deliver(const NameCopy &to, const T &value) {
    return to.isBad() ? Result::BadName : deliver(to.text(), value);
  }
  template <typename T>
  Result deliver(Name to, const T *items, size_t length) {
    return givePiece<true>(to.text(), items, length);
  }
  template <typename T>
  Digits<T, Result> deliver(Name to, T value, int) {
    return deliver(to, value);
  }
  /** How many messages given to deliver() the gateway does not have yet, and the number of the newest. */
  uint16_t undelivered() const { return outbox_.count(); }
  uint32_t lastNumber() const { return acknowledged_ + outbox_.count(); }

  /** Begins a call of a function that a client offers; send it by deliver(). The handler is called once. */
  Builder call(Name to, Name function, ReplyHandler handler) { return beginCall(to.text(), function.text(), handler); }
  Builder call(const NameCopy &to, Name function, ReplyHandler handler) {
    return checked(beginCall(to.text(), function.text(), handler), to);
  }
  /** Offers a function to others. The handler writes the answer into `reply`, and does not send it. */
  Result offer(KeptName function, ServiceHandler handler) { return addService(function.text(), handler); }

  /**
   * Tells what the device has, so that Home Assistant and others show it: JSON in flash, as F(R"({"components": [...]})"); see README.md.
   * One object of a program can have it.
   */
  void describe(const FlashText *description);
  /** Shares a variable, which must live as long as this does. Its changes are sent at least once. */
  Result variable(Variable &variable);
  /** Asks for the list of clients. The handler is called for each portion of the answer. */
  Result listClients(ClientsHandler handler, bool onlyOnline = true);

  /**
   * Sends a file to a channel or a client, one at a time; an interrupted one goes on where it was, also after a reset. Its
   * name and recipient are kept as pointers, and the stream must last until the handler hears of the end.
   */
  Result sendFile(KeptName name, FileKind kind, KeptName to, Stream &stream, uint32_t size,
                  UploadHandler handler = nullptr);
  /** The same of what can be read at any place, which then is read again instead of kept. */
  Result sendFile(KeptName name, FileKind kind, KeptName to, FileReader reader, uint32_t size,
                  UploadHandler handler = nullptr);
  /** Stops sending; the handler is not called. */
  void cancelFile();

  /** Before begin(). Files and images that are sent to the device come to the handler, one after the other, in chunks. */
  void onFile(DownloadHandler handler);
  /** Tells the gateway that the handler of onFile() takes firmware; CrossCommOta::begin() does it. */
  void takeFirmware() { parts_ |= FirmwarePart; }
  /**
   * Asks for an object of the store by its key, which is kept as a pointer until the end. It comes to onFile()'s handler,
   * and the file that is coming has to be over.
   */
  Result fetchFile(KeptName key);
  /** The same, as an image; see Download::asImage(). */
  Result fetchImage(KeptName key, uint16_t width, uint16_t height, ImageFormat format,
                    ImageFit fit = ImageFit::Contain);

  /** A line for the device's log at the gateway; at most once. 0 debug, 1 info, 2 warning, 3 error. A number as printed. */
  template <typename T>
  Scalar<T, Result> log(T line, uint8_t level = 1) {
    const typename SentLine<T>::Kept kept = SentLine<T>::keep(line);
    return sendLog(level, SentLine<T>::write, &kept);
  }
  template <typename T>
  Object<T, Result> log(const T &line, uint8_t level = 1) {
    const typename SentLine<T>::Kept kept = SentLine<T>::keep(line);
    return sendLog(level, SentLine<T>::write, &kept);
  }
  /** Ends the session and stops; with `comesBack` the gateway keeps the session, and messages for it, until begin(). */
  void end(bool comesBack = false);

  /** Seconds since 1970, or 0 where the gateway has not told; and whether the gateway trusts its clock. */
  uint32_t time() const;
  bool isTimeTrusted() const { return timeTrusted_; }
  /** Frames that came and could not be read. */
  uint16_t faults() const { return faults_; }

 protected:
  Core(uint8_t *receiveBuffer, size_t maxFrame, uint8_t *outbox, size_t outboxSize, Entry *entries, uint8_t maxEntries);
  void useLedger(OutboxLedger &ledger, uint32_t program, uint8_t *bytes, size_t size);

 private:
  friend class Builder;
  friend class FileSender;
  friend class FileReceiver;
  typedef void (*ValueWriter)(CborWriter &writer, const void *value);
  /** Writes a frame; it is called twice, to count and to send. */
  typedef void (*FrameWriter)(Core &core, CborWriter &writer, const void *what);

  struct OneValue {
    const char *to;
    ValueWriter write;
    const void *value;
  };
  struct LogLine {
    uint8_t level;
    ValueWriter write;
    const void *text;
  };

  void beginStream(const char *id, Stream &stream);
  void beginLink(const char *id, Transport &transport);
  void beginSession(const char *id);
  bool hasRoomOnLink(size_t length);
  CROSSCOMM_INLINE bool isByStream() const { return !hasOtherLinks() || transport_ == nullptr; }
  void useCredentials(const char *user, const char *password);
  void usePairing(LoadToken load, StoreToken store, const char *code);
  Result subscribe(const char *channel, MessageHandler handler);
  Result nameChannel(const char *channel);
  void leave(const char *channel);
  Builder beginMessage(const char *to);
  Builder beginCall(const char *to, const char *function, ReplyHandler handler);
  static Builder checked(Builder builder, const NameCopy &to) {
    if (to.isBad()) builder.result_ = Result::BadName;
    return builder;
  }
  Result addService(const char *function, ServiceHandler handler);

  // For Builder.
  Builder newBuilder(uint8_t items, uint8_t type);
  bool isCurrent(const Builder &builder) const { return builder.generation_ == generation_; }
  bool hasRoomFor(size_t length) const { return outbox_.canEverHold(length); }

  Entry *find(const char *name, bool isService);
  Entry *entryAt(uint32_t number);
  Entry *addEntry(const char *name, bool isService);

  /** What send() and deliver() have in common: the second is for what is kept, and is linked only where it is named. */
  template <bool isKept, typename T>
  Result giveValue(const char *to, const T &value) {
    const typename Sent<T>::Kept kept = Sent<T>::keep(value);
    return isKept ? deliverValue(to, Sent<T>::write, &kept) : sendValue(to, Sent<T>::write, &kept);
  }
  template <bool isKept, typename T>
  Result givePiece(const char *to, const T *items, size_t length) {
    const Piece piece = {items, length};
    return isKept ? deliverValue(to, SentPiece<T>::write, &piece) : sendValue(to, SentPiece<T>::write, &piece);
  }
  Result sendValue(const char *to, ValueWriter write, const void *value);
  Result sendLog(uint8_t level, ValueWriter write, const void *text);
  Result sendData(FrameWriter write, const void *what);
  Result sendFrame(FrameWriter write, const void *what);
  void sendShort(uint8_t type, uint32_t number);
  void writeKey(CborWriter &writer, const char *key);
  void writeNumber(CborWriter &writer, const Entry &entry) const;
  void writeTarget(CborWriter &writer, const char *to);
  static void writeMessage(Core &core, CborWriter &writer, const void *message);
  static void writeLog(Core &core, CborWriter &writer, const void *line);
  static void writeHello(Core &core, CborWriter &writer, const void *);
  static void writeUser(Core &core, CborWriter &writer);
  void writeAliasFields(CborWriter &writer, const Entry &entry);
  static void writeAlias(Core &core, CborWriter &writer, const void *entry);
  static void writeRefusal(Core &core, CborWriter &writer, const void *code);

  void work();
  void workOnline();
  /** Asks the parts. False where one of them has it that the others are not asked. */
  bool tell(Event event);
  void usePart(Part &part);
  bool uses(PartPlace place) const { return (parts_ & place) != 0; }
  static Part *allParts_;
  friend class Shape;
  /** What looks at each frame for shapes; null for ever where no sketch has one, and the compiler leaves it out. */
  static void (*onFrame_)(Core &core);
  /** What declares a channel: with its shape, where a sketch has one. */
  static FrameWriter writeChannel_;
  static void lookAtFrame(Core &core);
  static void writeShapedAlias(Core &core, CborWriter &writer, const void *entry);
  Shape *shapeOf(const Entry &entry);
  static void writeShape(CborWriter &writer, const Shape &shape);
  static void writeShaped(Core &core, CborWriter &writer, const void *message);
  /** Null for ever where no sketch asks for errors; then the compiler leaves out what reports them. */
  static void (*report_)(Core &core, uint16_t code);
  /** Likewise what writes the credentials of a Hello, where there is a user, and where a board is paired. */
  typedef void (*CredentialsWriter)(Core &core, CborWriter &writer);
  static CredentialsWriter writeUser_, writePairing_;
  void receive(const uint8_t *bytes, size_t length);
  void receiveWelcome();
  uint16_t limit(uint8_t which) const;
  void receiveError();
  void receiveSequenced(size_t length);
  void act();
  void actOnMessage();
  static void ignore(const Message &) {}
  bool declareEntries();
  bool mayDeclare();
  void declared();
  static void reportError(Core &core, uint16_t code);
  void lose(uint16_t delayMs);
  uint16_t jitter(uint16_t ms);

  void useKeys(const char *const *keys, uint16_t count);
  static bool keysPart(Core &core, Event event);
  static void writeKeys(Core &core, CborWriter &writer, const void *count);
  bool declareKeys();
  void confirmKeys(uint32_t number);

  Result deliverValue(const char *to, ValueWriter write, const void *value);
  Result keepFrame(FrameWriter write, const void *what);
  Result keep(const CborWriter &writer);
  void useKept();
  static bool keptPart(Core &core, Event event);
  void welcomeKept(uint32_t lastSeq);
  void takeAck(uint32_t number);
  void forget(uint32_t number);
  void startRepeating();
  void mend();
  void giveUpFramesTo(uint32_t alias);
  void repeatKept();
  void sendKept();

  static void ledgerChanged(Outbox &outbox, uint16_t frames, size_t length);
  static bool ledgerPart(Core &core, Event event);

  static bool variablesPart(Core &core, Event event);
  static void writeVariable(Core &core, CborWriter &writer, const void *variable);
  void receiveVariables();
  void sendVariables();

  friend class Variable;
  /** In place of variablesPart, where a variable is kept. */
  static Part::Act keepingPart_;
  static bool keepVariables(Core &core, Event event);
  static void writeKeep(Core &core, CborWriter &writer, const void *variable);
  void askForKept();
  void takeKept();
  void sendUnlessAwaited();
  void receiveMarked();
  bool isOf(const Frame &frame, const Variable &variable);
  bool isUnderWay(const Variable &variable);

  friend class Connection;
  friend class Pairing;
  static bool clientsPart(Core &core, Event event);
  static void writeListClients(Core &core, CborWriter &writer, const void *onlyOnline);

  static bool descriptionPart(Core &core, Event event);
  static void writeDescription(Core &core, CborWriter &writer, const void *text);

  static bool offPart(Core &core, Event event);
  bool leaveChannels();
  void haveLeft(uint32_t number);

  static bool callsPart(Core &core, Event event);
  static bool servicesPart(Core &core, Event event);
  void answerCall();
  void endCall(OpenCall &call, const Reply &reply);
};

}  // namespace crosscomm
