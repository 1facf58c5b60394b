// Calls, both ways: section 8 of the protocol. Linked where a sketch calls or offers.

#include "Core.h"

namespace crosscomm {

namespace {
const uint16_t CALL_TIMEOUT_MS = 10000;
}

void Core::answerCall(Core &core, const Frame &frame) {
  const Call call = {frame.field(3), frame.field(4)};
  const Value name = frame.field(2);
  for (uint8_t i = 0; i < core.entryCount_; i++) {
    const Entry &entry = core.entries_[i];
    if (entry.state != Entry::Service || !name.equals(entry.name)) continue;
    Builder reply = core.newBuilder(3, FrameType::Reply);
    reply.writer_.unsignedInteger(frame.number(0));
    entry.onCall(call, reply);
    if (reply.deliver() != Result::Ok) core.refuseCall(frame, Code::CallFailed).deliver();
    return;
  }
  core.refuseCall(frame, Code::NoFunction).deliver();
}

/** Ends the call that a reply is for; without one, those that wait too long: a reply may be lost with its gateway. */
void Core::endCalls(Core &core, const Frame *reply) {
  for (OpenCall &call : core.calls_) {
    if (call.handler == nullptr) continue;
    if (reply != nullptr) {
      if (reply->number(0) != call.id) continue;
      return core.endCall(call, Reply{static_cast<uint16_t>(reply->number(2)), reply->field(1), reply->field(3)});
    }
    if (static_cast<int32_t>(core.nowMs_ - call.sinceMs) < CALL_TIMEOUT_MS) continue;
    core.endCall(call, Reply{Code::Timeout, Value(), Value()});
  }
}

void Core::endCall(OpenCall &call, const Reply &reply) {
  const ReplyHandler handler = call.handler;
  call.handler = nullptr;
  handler(reply);
}

}  // namespace crosscomm
