// Calls of functions elsewhere: section 8 of the protocol. Linked where a sketch calls.

#include "Core.h"
#include "CoreTimes.h"

namespace crosscomm {

namespace {
const uint16_t CALL_TIMEOUT_MS = 10000;
/** A handler that ends one call may begin another, which then is later than the loop's time. */
const uint16_t LATER_MS = 1000;
}  // namespace

Builder Core::beginCall(const char *to, const char *function, ReplyHandler handler) {
  Builder builder = newBuilder(5, FrameType::Call);
  static Part part = {callsPart, CallsPart, nullptr};
  usePart(part);
  for (OpenCall &call : calls_) {
    if (call.handler != nullptr) continue;
    call.core = this;
    call.handler = handler;
    call.id = ++lastCallId_;
    call.sinceMs = static_cast<uint16_t>(millis());
    builder.writer_.unsignedInteger(call.id);
    writeTarget(builder.writer_, to);
    builder.writer_.text(function);
    return builder;
  }
  builder.result_ = Result::TooManyCalls;
  return builder;
}

/** Ends the call that a reply is for, and those that wait too long: a reply may be lost with its gateway. */
CROSSCOMM_NOINLINE bool Core::callsPart(Core &core, Event event) {
  const Frame &frame = core.frame_;
  for (OpenCall &call : core.calls_) {
    if (call.handler == nullptr || call.core != &core) continue;
    if (event == Event::Frame && frame.type == FrameType::Reply && frame.number(0) == call.id) {
      core.endCall(call, Reply{static_cast<uint16_t>(frame.number(2)), frame.field(1), frame.field(3)});
      break;
    }
    if (event == Event::Tick && hasPassed(core.nowMs_ + LATER_MS, call.sinceMs, CALL_TIMEOUT_MS + LATER_MS)) {
      core.endCall(call, Reply{Code::Timeout, Value(), Value()});
    }
  }
  return true;
}

void Core::endCall(OpenCall &call, const Reply &reply) {
  const ReplyHandler handler = call.handler;
  call.handler = nullptr;
  handler(reply);
}

}  // namespace crosscomm
