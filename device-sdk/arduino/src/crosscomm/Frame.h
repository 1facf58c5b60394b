#pragma once

#include "CborReader.h"

namespace crosscomm {

/** The frame types of section 3. */
namespace FrameType {
const uint8_t Hello = 0, Welcome = 1, Error = 2, Goodbye = 3, Ping = 4, Pong = 5, Alias = 6, Unalias = 7, Message = 8,
              Sequenced = 9, Ack = 10, Dictionary = 11, ListClients = 12, Clients = 13, Call = 14, Reply = 15,
              Offer = 16, Want = 17, Chunk = 18, Done = 19, Cancel = 20, Fetch = 21, Log = 22, Receipt = 23, Keep = 24,
              Token = 25, Describe = 26;
}

/** Where an Error says what it is about: an array of the frame's type, and its number. */
const uint8_t ABOUT = 2, ABOUT_TYPE = 0, ABOUT_NUMBER = 1;

/** What a confirmation of an alias says in its flags: the shape is taken. */
const uint8_t SHAPE_TAKEN = 2;

/** A frame that came: its type, and its fields from 0. Of a sequenced one with a frame inside these are that one's. */
struct Frame {
  /** How many fields are known by their place; later ones are looked for, which no frame needs that comes often. */
  static const uint8_t KNOWN_FIELDS = 3;
  /** Stands for all types that this library does not know, and for a frame that is null. */
  static const uint8_t NO_TYPE = 0xFF;

  uint8_t type;
  /** How many fields there are. */
  uint8_t count;
  /** Where the number of a sequenced one is; null where it is none. */
  const uint8_t *sequence;
  /** Where each of the first fields begins; `end` where it was left out. */
  const uint8_t *fields[KNOWN_FIELDS];
  const uint8_t *end;
#ifdef __AVR__
  void useDictionary(const Dictionary *) {}
  static const Dictionary *dictionary() { return &programDictionary; }
#else
  void useDictionary(const Dictionary *dictionary) { dictionary_ = dictionary; }
  const Dictionary *dictionary() const { return dictionary_; }
  const Dictionary *dictionary_;
#endif

  /** Where a field begins. */
  CROSSCOMM_INLINE const uint8_t *at(uint8_t place) const {
    return __builtin_constant_p(place) && place < KNOWN_FIELDS ? fields[place] : find(place);
  }
  CROSSCOMM_PURE const uint8_t *find(uint8_t place) const;
  /** A field from 0, the type not counted; None if it was left out. */
  CROSSCOMM_INLINE Value field(uint8_t place) const { return Value(at(place), end, dictionary()); }
  /** A field that is an unsigned integer of at most 32 bits, or 0. */
  CROSSCOMM_PURE uint32_t number(uint8_t place) const;
  /** An item of a field that is an array, likewise. */
  CROSSCOMM_PURE uint32_t number(uint8_t place, uint8_t item) const;
  /** A field's first byte; 0xFF, with which nothing begins, if it was left out. */
  CROSSCOMM_PURE uint8_t head(uint8_t place) const;
  bool isTrue(uint8_t place) const { return head(place) == Cbor::TRUE_HEAD; }
  bool isNumber(uint8_t place) const { return head(place) < Cbor::NEGATIVE; }

  bool isSequenced() const { return sequence != nullptr; }
  CROSSCOMM_PURE uint32_t sequenceNumber() const;
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
