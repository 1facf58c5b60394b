#pragma once

#include "CborReader.h"
#include "Platform.h"

namespace crosscomm {

enum class FileKind : uint8_t { File, Image };

/** How far a file is that sendFile() sends. Valid until the handler returns. */
struct Upload {
  const char *name;
  uint32_t size;
  /** Bytes that the gateway has on its disk. */
  uint32_t stored;
  /** Nothing more comes: the gateway has all of it, or `code` says why not. */
  bool isOver;
  /** Code::Ok, or what the gateway refused it with. */
  uint16_t code;
  /** A text: where the file is in the object store. None before the end, or where it does not fit MaxFrame. */
  Value key;

  bool isStored() const { return isOver && code == 0; }
};

/** Called for each progress, and at the end. It may call sendFile() for the next one then. */
typedef void (*UploadHandler)(const Upload &upload);
/**
 * Copies up to `length` bytes of the file, from `offset` on, and returns how many: 0 where there are none yet. It must not
 * wait, and has to give the same bytes where it is asked again.
 */
typedef size_t (*FileReader)(uint32_t offset, uint8_t *into, size_t length);

}  // namespace crosscomm
