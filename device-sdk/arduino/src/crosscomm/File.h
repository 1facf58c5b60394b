#pragma once

#include "Handler.h"
#include "ValueOperators.h"

namespace crosscomm {

/** Append adds to the end of the device's own object of that name, of which nobody is told. Firmware comes from the gateway alone. */
enum class FileKind : uint8_t { File, Image, Append = 4, Firmware };

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
  Content key;

  bool isStored() const { return isOver && code == 0; }
};

/** Called for each progress, and at the end. It may call sendFile() for the next one then. */
typedef Handler<void(const Upload &upload)> UploadHandler;
/**
 * Copies up to `length` bytes of the file, from `offset` on, and returns how many: 0 where there are none yet. It must not
 * wait, and has to give the same bytes where it is asked again.
 */
typedef Handler<size_t(uint32_t offset, uint8_t *into, size_t length)> FileReader;

/** Rgb565, Mono and Gray4 are rows of pixels from the top left without a header; AsIs changes the size alone. */
enum class ImageFormat : uint8_t { AsIs, Rgb565, Mono, Gray4, Jpeg, Png };
/** Contain: all of the image is seen. Cover: it fills all of the space. */
enum class ImageFit : uint8_t { Contain, Cover };

/** A file that comes, at one step of its way. Valid until the handler returns. */
struct Download {
  enum class Step : uint8_t {
    /** It is there to be had; what follows comes unless the handler says otherwise. */
    Offered,
    /** Some of it, in order. */
    Chunk,
    /** Nothing more comes of it. */
    Over,
  };
  Step step;
  /** The same at each step of a file. */
  uint16_t id;
  FileKind kind;
  /** Of all that comes, in bytes. */
  uint32_t size;
  /** The chunk, and where in the file it begins. Rows of pixels are whole, where a frame has room for one. */
  uint32_t offset;
  const uint8_t *bytes;
  size_t length;
  /** When it is over: Code::Ok where all of it came and its checksum is right, or why not. */
  uint16_t code;
  /** Texts, while it is offered: what its sender calls it, who that is, and where it is in the object store. */
  Content name;
  Content from;
  Content key;

  bool isOffered() const { return step == Step::Offered; }
  bool isChunk() const { return step == Step::Chunk; }
  bool isOver() const { return step == Step::Over; }
  bool isWhole() const { return isOver() && code == 0; }

  /** It is not wanted, or no more of it is. The handler is not called for it again. */
  void cancel();
  /** In a chunk: what follows it is at hand, and is not sent. It has to be just what would have come. */
  void skip(const uint8_t *next, size_t count);
  /**
   * While it is offered: it is to come as an image of that many pixels; 0 for one of them keeps the proportions. Where it
   * is no image, its end has the code Code::NotAnImage.
   */
  void asImage(uint16_t width, uint16_t height, ImageFormat format, ImageFit fit = ImageFit::Contain);
};

/** Called for each step. */
typedef Handler<void(Download &file)> DownloadHandler;

}  // namespace crosscomm
