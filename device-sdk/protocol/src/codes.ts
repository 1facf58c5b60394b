/** The protocol version that this package speaks. */
export const VERSION = 1;

/** The types of frames by name (SPEC.md, section 3). */
export const FRAME_TYPES = {
  hello: 0,
  welcome: 1,
  error: 2,
  goodbye: 3,
  ping: 4,
  pong: 5,
  alias: 6,
  unalias: 7,
  message: 8,
  sequenced: 9,
  ack: 10,
  dictionary: 11,
  listClients: 12,
  clients: 13,
  call: 14,
  reply: 15,
  offer: 16,
  want: 17,
  chunk: 18,
  done: 19,
  cancel: 20,
  fetch: 21,
  log: 22,
  receipt: 23,
  keep: 24,
  token: 25,
  describe: 26,
} as const;

/** The codes of Error, Reply and Receipt (SPEC.md, section 9). */
export const CODES = {
  ok: 0,
  version: 1,
  malformed: 2,
  too_large: 3,
  id_invalid: 4,
  id_taken: 5,
  credentials: 6,
  not_allowed: 7,
  not_welcome_yet: 8,
  unknown_alias: 9,
  unknown_key: 10,
  too_many: 11,
  window_exceeded: 12,
  sequence_gap: 13,
  name_invalid: 14,
  too_fast: 15,
  not_supported: 16,
  internal: 17,
  no_recipient: 18,
  queue_full: 19,
  no_function: 20,
  timeout: 21,
  call_failed: 22,
  offline: 23,
  no_file: 24,
  wrong_content: 25,
  cancelled: 26,
  storage_full: 27,
  not_an_image: 28,
} as const;

/** The name of a code of CODES. */
export type CodeName = keyof typeof CODES;

/** The reasons of Goodbye (SPEC.md, section 9). */
export const GOODBYE_REASONS = {
  leaving: 0,
  sleeping: 1,
  taken_over: 2,
  stopping: 3,
  silent: 4,
  too_many_faults: 5,
} as const;

/** The bits of Hello's capabilities (SPEC.md, section 3). */
export const CAPABILITIES = { receipts: 1, float32: 2, files: 4, kinds: 8, firmware: 16 } as const;

/** What a Message's value is, where the value itself does not tell (SPEC.md, section 13). */
export const MESSAGE_KINDS = { asValue: 0, json: 1 } as const;

/** The bits of Alias's flags. */
export const ALIAS_FLAGS = { subscribe: 1, shaped: 2 } as const;

/** The kinds of files that frames carry (SPEC.md, sections 3, 17 and 20); a part is a file of a folder, and firmware goes down only. */
export const FILE_KINDS = { file: 0, image: 1, part: 2, folder: 3, append: 4, firmware: 5 } as const;

/** What a Fetch may ask for, of images (SPEC.md, section 17). */
export const FITS = { contain: 0, cover: 1 } as const;
/** The formats that a Fetch may ask for, of images (SPEC.md, section 17). */
export const IMAGE_FORMATS = { asItIs: 0, rgb565: 1, mono: 2, gray4: 3, jpeg: 4, png: 5 } as const;

/** A Chunk is at most so much longer than its content, in bytes of CBOR. */
export const CHUNK_OVERHEAD_BYTES = 15;

/** The levels of Log. */
export const LOG_LEVELS = { debug: 0, info: 1, warning: 2, error: 3 } as const;

/** SPEC.md, section 10; milliseconds, but for the factors and counts. */
export const TIMES = {
  helloFirstRetryMs: 500,
  helloMaxRetryMs: 30_000,
  /** Each wait for a Hello is multiplied with a random number between these two. */
  helloJitterMin: 0.75,
  helloJitterMax: 1.25,
  /** The wait after a refusal that may pass by itself: id_taken, credentials, internal. */
  refusedRetryMs: 30_000,
  ackDelayMs: 50,
  /** Between two Acks that repeat a number because of one gap. */
  repeatedAckMs: 100,
  repeatFirstMs: 500,
  repeatMaxMs: 8_000,
  /** After so many repetitions without progress the link is lost. */
  repeatMaxCount: 8,
  pingMs: 10_000,
  silentMs: 30_000,
  takeoverMs: 2_000,
  keepSessionMs: 120_000,
  keepBootIdMs: 24 * 3_600_000,
  callMs: 5_000,
  /** The most that a caller can ask for, and what the gateway waits for the answer of a device. */
  callMaxMs: 60_000,
  keepOfferMs: 600_000,
  /** An upload of which nothing is heard for so long is given up; the device may go on with it by another Offer. */
  stillUploadMs: 60_000,
  /** Between two Errors of one kind to a device that makes the same fault all the time. */
  errorIntervalMs: 1_000,
} as const;

/** The smallest maxFrame that a Hello may state, in bytes. */
export const MIN_MAX_FRAME = 48;

/** The longest token, in bytes of ASCII (SPEC.md, section 19). */
export const MAX_TOKEN_BYTES = 40;

/** An Error down is at most so long, in bytes of CBOR, and at most maxFrame. */
export const MAX_ERROR_BYTES = 64;
