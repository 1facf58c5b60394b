// Tells the sketch when it is connected, and when it is not any more. Linked where a sketch asks.

#include "Core.h"
#include "CoreTimes.h"

namespace crosscomm {

/** Watches the state of a device. There is one for the whole sketch, and none where nobody asks. */
class Connection {
 public:
  static Connection &of(Core &core);
  static bool part(Core &core, CoreMemory::Event event);

  ConnectHandler onConnect;
  DisconnectHandler onDisconnect;

 private:
  void connected();
  void lost();
  void disconnected(DisconnectReason reason);
  DisconnectReason reason() const;

  Core *core_;
  bool isConnected_;
  /** Since the last Tick. */
  bool isRefusalTold_;
};

namespace {

Connection connection;

DisconnectReason reasonOf(uint32_t goodbye) {
  switch (goodbye) {
    case GoodbyeReason::TakenOver: return DisconnectReason::TakenOver;
    case GoodbyeReason::Stopping: return DisconnectReason::GatewayStopped;
    case GoodbyeReason::Silent: return DisconnectReason::NotHeard;
    case GoodbyeReason::TooManyFaults: return DisconnectReason::TooManyFaults;
    default: return DisconnectReason::SessionEnded;
  }
}

}  // namespace

void Core::onConnect(ConnectHandler handler) { Connection::of(*this).onConnect = handler; }

void Core::onDisconnect(DisconnectHandler handler) { Connection::of(*this).onDisconnect = handler; }

CROSSCOMM_NOINLINE Connection &Connection::of(Core &core) {
  static CoreMemory::Part self = {part, CoreMemory::ConnectionPart, nullptr};
  if (!core.uses(CoreMemory::ConnectionPart) || connection.core_ != &core) {
    connection = Connection();
    connection.core_ = &core;
    core.usePart(self);
  }
  return connection;
}

CROSSCOMM_NOINLINE bool Connection::part(Core &core, CoreMemory::Event event) {
  // Another object of the program has it now.
  if (connection.core_ != &core) return true;
  switch (event) {
    case CoreMemory::Event::Tick:
      connection.isRefusalTold_ = false;
      // begin() says nothing, and here it is seen.
      if (core.isOnline()) connection.connected();
      else connection.disconnected(DisconnectReason::Ended);
      break;
    case CoreMemory::Event::Frame:
      connection.connected();
      // The handler may have ended it: then what came is not for the sketch any more.
      return core.isOnline();
    case CoreMemory::Event::Lost: connection.lost(); break;
    default: break;
  }
  return true;
}

CROSSCOMM_NOINLINE void Connection::connected() {
  if (isConnected_) return;
  isConnected_ = true;
  if (onConnect != nullptr) onConnect();
}

CROSSCOMM_NOINLINE void Connection::lost() {
  const bool isError = core_->frame_.type == FrameType::Error;
  if (!isError || core_->refusal_ == Code::Ok) return disconnected(reason());
  // A sketch may end() it where it hears of the error as well.
  if (isRefusalTold_) return;
  isRefusalTold_ = isConnected_ = true;
  disconnected(DisconnectReason::Refused);
}

CROSSCOMM_NOINLINE void Connection::disconnected(DisconnectReason reason) {
  if (!isConnected_) return;
  isConnected_ = false;
  const bool isByError = core_->frame_.type == FrameType::Error &&
                         (reason == DisconnectReason::Refused || reason == DisconnectReason::SessionLost);
  const uint16_t code = isByError ? static_cast<uint16_t>(core_->frame_.number(0)) : Code::Ok;
  if (onDisconnect != nullptr) onDisconnect(Disconnect{reason, code});
}

/** Why the session is over that was not refused, by what Core knows at that moment. */
CROSSCOMM_NOINLINE DisconnectReason Connection::reason() const {
  if (core_->state_ == Core::State::Stopped) return DisconnectReason::Ended;
  if (core_->tries_ > MOST_TRIES || core_->timers_[Core::SilenceTimer] == 0) return DisconnectReason::NoAnswer;
  switch (core_->frame_.type) {
    case FrameType::Goodbye: return reasonOf(core_->frame_.number(0));
    // The session is none of the gateway's, or numbers do not fit.
    case FrameType::Error:
    case FrameType::Ack: return DisconnectReason::SessionLost;
    default: return DisconnectReason::LinkLost;
  }
}

}  // namespace crosscomm
