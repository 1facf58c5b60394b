import { type DataFrameInit, encodeFrame } from '@crosscomm/protocol';
import type { Rights } from '../../access/rights.ts';
import type { Hub } from '../../hub/hub.ts';

interface ListedClient {
  id: string;
  online: boolean;
}

/** What the number and the list of a sequenced Clients frame take at most, in bytes. */
const ENVELOPE_BYTES = 14;
/** The head of a pair, the head of its id and its flag. */
const PAIR_BYTES = 5;

/** Lists made for one state of the hub, by what was asked for. */
interface KnownLists {
  version: number;
  readonly lists: Map<string, readonly DataFrameInit[]>;
}

const known = new WeakMap<Hub, KnownLists>();
/** How many sizes of frames lists are remembered for. */
const MAX_LISTS = 8;

/**
 * The hub's clients, or those that are online, as frames of at most `maxFrame` bytes. A list is remembered until somebody
 * comes or goes, as with thousands of clients one takes long and the question is five bytes. `rights`: what who asks may know of, and
 * what it calls that; undefined: all.
 */
export function listFrames(
  hub: Hub,
  onlyOnline: boolean,
  maxFrame: number,
  rights?: Pick<Rights, 'sees' | 'shown'>,
): readonly DataFrameInit[] {
  const { sees, shown } = rights ?? {};
  if (sees !== undefined) {
    const seen = hub.clients().filter(({ id, online }) => (online || !onlyOnline) && sees(id));
    const named = shown === undefined ? seen : seen.map(({ id, online }) => ({ id: shown(id), online }));
    return clientFrames(named, maxFrame);
  }
  const version = hub.namesVersion;
  let state = known.get(hub);
  if (state?.version !== version) {
    state = { version, lists: new Map() };
    known.set(hub, state);
  }
  const key = `${onlyOnline} ${maxFrame}`;
  let frames = state.lists.get(key);
  if (frames === undefined) {
    frames = clientFrames(
      hub.clients().filter(({ online }) => online || !onlyOnline),
      maxFrame,
    );
    if (state.lists.size < MAX_LISTS) state.lists.set(key, frames);
  }
  return frames;
}

/** The list as frames of at most `maxFrame` bytes; a client whose id alone is too long for one is left out. */
function clientFrames(clients: readonly ListedClient[], maxFrame: number): DataFrameInit[] {
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
