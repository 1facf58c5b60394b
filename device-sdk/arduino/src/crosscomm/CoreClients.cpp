// Who is there: section 3's ListClients. Linked where a sketch asks.

#include "Core.h"

namespace crosscomm {

Result Core::listClients(ClientsHandler handler, bool onlyOnline) {
  onClients_ = handler;
  static Part part = {clientsPart, ClientsPart, nullptr};
  usePart(part);
  return keepFrame(writeListClients, &onlyOnline);
}

void Core::writeListClients(Core &, CborWriter &writer, const void *onlyOnline) {
  writer.array(2);
  writer.put(FrameType::ListClients);
  writer.boolean(*static_cast<const bool *>(onlyOnline));
}

bool Core::clientsPart(Core &core, Event event) {
  const Frame &frame = core.frame_;
  if (event == Event::Frame && frame.type == FrameType::Clients) {
    core.onClients_(Clients{frame.field(0), !frame.isTrue(1)});
  }
  return true;
}

}  // namespace crosscomm
