#pragma once

#include "CborReader.h"

namespace crosscomm {

/** The frame types of section 3. */
namespace FrameType {
const uint8_t Hello = 0, Welcome = 1, Error = 2, Goodbye = 3, Ping = 4, Pong = 5, Alias = 6, Unalias = 7, Message = 8,
              Sequenced = 9, Ack = 10, Dictionary = 11, ListClients = 12, Clients = 13, Call = 14, Reply = 15,
              Log = 22, Receipt = 23;
}

/** A frame that came: its type, and its fields from 0. */
struct Frame {
  /** As many fields as any frame has that this library reads. */
  static const uint8_t MOST_FIELDS = 7;

  uint16_t type;
  const uint8_t *fields[MOST_FIELDS];
  const uint8_t *end;
  const Dictionary *dictionary;

  /** A field from 0, the type not counted; None if it was left out. */
  Value field(uint8_t place) const { return Value(fields[place], end, dictionary); }
  uint32_t number(uint8_t place) const;
};

/**
 * Reads a frame and checks its fields, also those of a frame inside. Only the types that a gateway sends are checked;
 * the others are for the caller to skip.
 */
Result readFrame(const uint8_t *bytes, size_t length, size_t maxFrame, const Dictionary *dictionary, Frame &frame);

/** The frame inside of a sequenced one, whose fields were checked with it. Of type 0 for null. */
void readInnerFrame(const Frame &sequenced, Frame &inner);

}  // namespace crosscomm
