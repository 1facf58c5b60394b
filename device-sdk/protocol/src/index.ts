/**
 * The frames that small devices and a CrossComm gateway exchange (SPEC.md), as pure functions. It runs in Node and in browsers.
 * Everything throws FrameError and nothing else.
 *
 * @module @crosscomm/protocol
 */
export { decodeValue, type EncodeOptions, encodeValue } from './cbor.ts';
export { Backoff } from './client/backoff.ts';
export type * from './client/file-types.ts';
export { FrameClient } from './client/frame-client.ts';
export type * from './client/types.ts';
export {
  ALIAS_FLAGS,
  CAPABILITIES,
  CHUNK_OVERHEAD_BYTES,
  CODES,
  type CodeName,
  FILE_KINDS,
  FITS,
  FRAME_TYPES,
  GOODBYE_REASONS,
  IMAGE_FORMATS,
  LOG_LEVELS,
  MAX_ERROR_BYTES,
  MAX_TOKEN_BYTES,
  MESSAGE_KINDS,
  MIN_MAX_FRAME,
  TIMES,
  VERSION,
} from './codes.ts';
export { crc16x25 } from './crc.ts';
export { beginsFrame, decodeFrame } from './decode-frame.ts';
export { encodeFrame } from './encode-frame.ts';
export { FrameError, type FrameErrorCode } from './error.ts';
export { fileNameOf } from './file-name.ts';
export type * from './frame.ts';
export { type JsonOptions, jsonTextToValue } from './json-in.ts';
export { valueToJsonText } from './json-out.ts';
export { replaceKeys, restoreKeys } from './keys.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export { fromShape, toShape } from './shape.ts';
export { encodeSlip, SlipDecoder, type SlipFault, type SlipHandler } from './slip.ts';
export { type Encodable, Float, type Value, type ValueMap } from './value.ts';
