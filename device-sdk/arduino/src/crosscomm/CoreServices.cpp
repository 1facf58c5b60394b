// Functions that others call: section 8 of the protocol. Linked where a sketch offers.

#include "Core.h"

namespace crosscomm {

Result Core::addService(const char *function, ServiceHandler handler) {
  Entry *entry = addEntry(function, true);
  if (entry == nullptr) return Result::TooManyChannels;
  entry->onCall = handler;
  static Part part = {servicesPart, ServicesPart, nullptr};
  usePart(part);
  return Result::Ok;
}

CROSSCOMM_NOINLINE bool Core::servicesPart(Core &core, Event event) {
  if (event != Event::Frame || core.frame_.type != FrameType::Call) return true;
  core.answerCall();
  return false;
}

void Core::writeRefusal(Core &core, CborWriter &writer, const void *code) {
  writer.array(4);
  writer.put(FrameType::Reply);
  writer.unsignedInteger(core.frame_.number(0));
  writer.null();
  writer.unsignedInteger(*static_cast<const uint16_t *>(code));
}

void Core::answerCall() {
  const Call call = {frame_.field(3), frame_.field(4)};
  const Value name = frame_.field(2);
  uint16_t code = Code::NoFunction;
  for (uint8_t i = 0; i < entryCount_; i++) {
    const Entry &entry = entries_[i];
    if (entry.state != Entry::Service || !name.equals(entry.name)) continue;
    Builder reply = newBuilder(3, FrameType::Reply);
    reply.writer_.unsignedInteger(frame_.number(0));
    entry.onCall(call, reply);
    if (reply.deliver() == Result::Ok) return;
    code = Code::CallFailed;
    break;
  }
  keepFrame(writeRefusal, &code);
}

}  // namespace crosscomm
