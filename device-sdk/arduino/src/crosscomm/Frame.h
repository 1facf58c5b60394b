#pragma once

#include "CborReader.h"

namespace crosscomm {

/** The frame types of section 3. */
namespace FrameType {
const uint8_t Hello = 0, Welcome = 1, Error = 2, Goodbye = 3, Ping = 4, Pong = 5, Alias = 6, Unalias = 7, Message = 8,
              Sequenced = 9, Ack = 10, Dictionary = 11, ListClients = 12, Clients = 13, Call = 14, Reply = 15,
              Offer = 16, Want = 17, Chunk = 18, Done = 19, Cancel = 20, Fetch = 21, Log = 22, Receipt = 23, Keep = 24,
              Token = 25;
}

/** Where an Error says what it is about: an array of the frame's type, and its number. */
const uint8_t ABOUT = 2, ABOUT_TYPE = 0, ABOUT_NUMBER = 1;

/** A frame that came: its type, and its fields from 0. */
struct Frame {
  /** As many fields as any frame has that this library reads. */
  static const uint8_t MOST_FIELDS = 7;
  /** Stands for all types that this library does not know, and for a frame that is null. */
  static const uint8_t NO_TYPE = 0xFF;

  uint8_t type;
  /** Where each field begins; `end` where it was left out. */
  const uint8_t *fields[MOST_FIELDS];
  const uint8_t *end;
  const Dictionary *dictionary;

  /** A field from 0, the type not counted; None if it was left out. */
  Value field(uint8_t place) const { return Value(fields[place], end, dictionary); }
  /** A field that is an unsigned integer of at most 32 bits, or 0. */
  uint32_t number(uint8_t place) const;
  /** An item of a field that is an array, likewise. */
  uint32_t number(uint8_t place, uint8_t item) const;
  /** A field's first byte; 0xFF, with which nothing begins, if it was left out. */
  uint8_t head(uint8_t place) const;
  bool isTrue(uint8_t place) const { return head(place) == Cbor::TRUE_HEAD; }
  bool isNumber(uint8_t place) const { return head(place) < Cbor::NEGATIVE; }

  /** Goes into the frame of a sequenced one, whose fields were checked with it. */
  void enter();
};

/**
 * Checks the CBOR of a whole frame (sections 1 and 2), and finds its fields. `maxDepth` is at most CROSSCOMM_MAX_DEPTH.
 * Whatever reads a frame may trust what has passed, and still never reads beyond the end.
 */
Result checkFrame(const uint8_t *bytes, size_t length, size_t maxFrame, Frame &frame,
                  uint8_t maxDepth = CROSSCOMM_MAX_DEPTH);

/**
 * The same, and checks the types of the fields where CROSSCOMM_CHECK_FIELDS is on, also of those of a frame inside. Only the
 * types that a gateway sends are checked; the others are for the caller to skip.
 */
Result readFrame(const uint8_t *bytes, size_t length, size_t maxFrame, const Dictionary *dictionary, Frame &frame);

}  // namespace crosscomm
