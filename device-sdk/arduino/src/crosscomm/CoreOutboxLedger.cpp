// What is kept over a reset of the board. Linked where a sketch gives memory for it.

#include "Core.h"
#include "OutboxLedger.h"

namespace crosscomm {

void Core::useLedger(OutboxLedger &ledger, uint32_t program, uint8_t *bytes, size_t size) {
  outbox_.useBuffer(bytes, size);
  if (ledger.isWhole(program, bytes, size)) {
    acknowledged_ = ledger.acknowledged();
    outbox_.restore(ledger.used());
    // All of them may have been sent. Before the gateway knew the numbering none was, and its numbers are of others.
    sentAhead_ = ledger.isKnown() ? outbox_.count() : 0;
    // Calls of before get no answer any more. Each had a number of its own, so the ids behind the last one are new.
    lastCallId_ = static_cast<uint16_t>(lastNumber());
    useKept();
  } else {
    random_ ^= ledger.noise();
    ledger.begin(program, bootId_ != 0 ? bootId_ : random_ | 1u, size);
  }
  bootId_ = ledger.bootId();
  outbox_.useLedger(ledger, ledgerChanged);
  static Part part = {ledgerPart, LedgerPart, nullptr};
  usePart(part);
}

void Core::ledgerChanged(Outbox &outbox, uint16_t frames, size_t length) {
  if (frames > 0) {
    outbox.ledger()->forget(outbox.bytes(), frames, length);
  } else {
    outbox.ledger()->append(outbox.room(), length);
  }
}

/** Comes before the part that sends what is kept: no frame is sent that a reset would take for one that never was. */
bool Core::ledgerPart(Core &core, Event event) {
  if (event == Event::Work) core.outbox_.ledger()->setKnown(core.acknowledged_);
  return true;
}

}  // namespace crosscomm
