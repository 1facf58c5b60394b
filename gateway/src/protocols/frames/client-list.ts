import { type DataFrameInit, encodeFrame } from '@crosscomm/protocol';

interface ListedClient {
  id: string;
  online: boolean;
}

/** What the number and the list of a sequenced Clients frame take at most, in bytes. */
const ENVELOPE_BYTES = 14;
/** The head of a pair, the head of its id and its flag. */
const PAIR_BYTES = 5;

/** The list as frames of at most `maxFrame` bytes; a client whose id alone is too long for one is left out. */
export function clientFrames(clients: readonly ListedClient[], maxFrame: number): DataFrameInit[] {
  const pages: ListedClient[][] = [[]];
  let bytes = ENVELOPE_BYTES;
  for (const { id, online } of clients) {
    const size = encodeFrame({ type: 'log', level: 0, text: id }).length + PAIR_BYTES;
    if (ENVELOPE_BYTES + size > maxFrame) continue;
    if (bytes + size > maxFrame) {
      pages.push([]);
      bytes = ENVELOPE_BYTES;
    }
    pages.at(-1)?.push({ id, online });
    bytes += size;
  }
  return pages.map((page, index) => ({ type: 'clients', clients: page, more: index < pages.length - 1 }));
}
