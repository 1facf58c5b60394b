import { type EncodeOptions, encodeValue } from './cbor.ts';
import { CODES, FILE_KINDS, FRAME_TYPES, MESSAGE_KINDS, TIMES } from './codes.ts';
import type { FetchOptions, FrameInit } from './frame.ts';
import type { Encodable } from './value.ts';

/** A field of a frame; undefined where it has its default. */
type Field = Encodable | undefined;

/**
 * The bytes of a frame, as short as they can be. Throws FrameError where it is larger or deeper than the limits, or a value in it
 * cannot be encoded; numbers are not checked against their ranges.
 */
export function encodeFrame(frame: FrameInit, options?: EncodeOptions): Uint8Array {
  return encodeValue(toItems(frame), options);
}

/** The frame as an array: fields at the end that have their default are left out, those between are null. */
function toItems(frame: FrameInit): Encodable[] {
  const fields = fieldsOf(frame);
  let length = fields.length;
  while (fields[length - 1] === undefined && length > 0) length--;
  const items: Encodable[] = [FRAME_TYPES[frame.type]];
  for (let index = 0; index < length; index++) items.push(fields[index] ?? null);
  return items;
}

function unless<T extends string | number | boolean>(fallback: T, value: T | undefined): T | undefined {
  return value === fallback ? undefined : value;
}

function fieldsOf(frame: FrameInit): Field[] {
  switch (frame.type) {
    case 'hello': {
      const { version, deviceId, bootId, maxFrame, window, capabilities, resume, user, password, storesTokens } = frame;
      const state = resume ? [resume.firstSeq, resume.session, resume.received] : undefined;
      const credentials = new Map<number, string | boolean>();
      if (typeof user === 'string') credentials.set(1, user);
      if (typeof password === 'string') credentials.set(2, password);
      if (storesTokens) credentials.set(3, true);
      return [
        version,
        deviceId,
        bootId,
        maxFrame,
        unless(maxFrame, window),
        unless(0, capabilities),
        state,
        credentials.size > 0 ? credentials : undefined,
      ];
    }
    case 'welcome': {
      const { version, session, lastSeq, serverTime, timeTrusted, limits, resumed } = frame;
      const { maxFrame, window, maxAliases, maxKeys } = limits;
      const numbers = [maxFrame, window, maxAliases, maxKeys];
      return [version, session, lastSeq, serverTime, timeTrusted, numbers, unless(false, resumed)];
    }
    case 'error': {
      const about = Array.isArray(frame.about) && frame.about.length > 0 ? frame.about : undefined;
      return [frame.code, unless('', frame.text), about];
    }
    case 'goodbye':
      return [unless(0, frame.reason), unless('', frame.text)];
    case 'ping':
    case 'pong':
      return [unless(0, frame.n)];
    case 'alias':
      return [frame.alias, frame.channel ?? undefined, unless(0, frame.flags), frame.shape];
    case 'unalias':
      return [frame.alias];
    case 'message':
      return [frame.to, frame.value, frame.from ?? undefined, unless(MESSAGE_KINDS.asValue, frame.kind)];
    case 'sequenced':
      return [frame.seq, frame.frame === null ? null : toItems(frame.frame)];
    case 'ack':
      return [frame.seq];
    case 'dictionary':
      return [frame.first, frame.keys ?? undefined];
    case 'listClients':
      return [unless(true, frame.onlyOnline)];
    case 'clients':
      return [frame.clients.map(({ id, online }) => [id, online]), unless(false, frame.more)];
    case 'call':
      return [
        frame.callId,
        frame.to,
        frame.function,
        frame.args ?? undefined,
        frame.from ?? undefined,
        unless(TIMES.callMs, frame.timeoutMs),
      ];
    case 'reply':
      return [frame.callId, frame.value, unless(0, frame.code), unless('', frame.text)];
    case 'offer':
      return [
        frame.fileId,
        frame.name,
        frame.size ?? undefined,
        unless(FILE_KINDS.file, frame.kind),
        frame.party ?? undefined,
        frame.crc32 ?? undefined,
        frame.key,
      ];
    case 'want':
      return [frame.fileId, frame.offset, frame.bytes];
    case 'chunk':
      return [frame.fileId, frame.offset, frame.content];
    case 'done': {
      const { fileId, size, crc32, key } = frame;
      return typeof size === 'number' ? [fileId, size, crc32 ?? 0] : [fileId, key ?? undefined];
    }
    case 'cancel':
      return [frame.fileId, unless(CODES.cancelled, frame.code), unless('', frame.text)];
    case 'fetch':
      return [frame.what, frame.options ? optionsOf(frame.options) : undefined];
    case 'log':
      return [frame.level, frame.text];
    case 'keep':
      return [frame.channel, frame.value];
    case 'token':
      return [frame.n, frame.token ?? unless(0, frame.code)];
    case 'describe':
      return [frame.value ?? undefined];
    case 'receipt':
      return [frame.seq, frame.delivered, unless(0, frame.code)];
  }
}

function optionsOf({ width, height, fit, format }: FetchOptions): Map<number, number> {
  const options = new Map<number, number>();
  for (const [key, option] of [width, height, fit, format].entries()) if (option !== null) options.set(key, option);
  return options;
}
