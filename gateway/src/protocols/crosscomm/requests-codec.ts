import { decodeIfString } from './envelope-codec.ts';

/** How many channels one message may name; a client with more sends several. */
export const MAX_CHANNELS = 1000;

/** What a client may ask of the `server`. */
export interface ServerRequest {
  subscribe: string[];
  unsubscribe: string[];
  /** Whether the client wants a receipt of each message that it sends from now on; undefined: as before. */
  receipts: boolean | undefined;
}

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    // JSON has no NaN, which a frame may well hold; nothing that is asked for here does.
    return undefined;
  }
}

/**
 * Reads the raw content of a dict to the `server`: `{"subscribe": ["name", ...], "unsubscribe": [...], "receipts": true}`, one of
 * them at least. Undefined where it is something else, or names more than `MAX_CHANNELS`.
 */
export function readServerRequest(raw: string): ServerRequest | undefined {
  const value = parse(raw);
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('subscribe' in value) && !('unsubscribe' in value) && !('receipts' in value)) return undefined;
  const { subscribe = [], unsubscribe = [], receipts } = value as Record<string, unknown>;
  if (!areNames(subscribe) || !areNames(unsubscribe)) return undefined;
  return receipts === undefined || typeof receipts === 'boolean' ? { subscribe, unsubscribe, receipts } : undefined;
}

function areNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= MAX_CHANNELS && value.every((name) => typeof name === 'string');
}

/**
 * Reads the raw content of a `list_clients`: whether only those online are wanted. It is a string of JSON, or that JSON
 * itself; whatever cannot be read asks for all.
 */
export function readListRequest(raw: string): boolean {
  const content = parse(decodeIfString(raw) ?? raw);
  return (
    typeof content === 'object' && content !== null && Boolean((content as Record<string, unknown>).only_show_online)
  );
}
