import type { GraphChannel, Hearing } from './facts.ts';
import { groupNames, type NameGroup } from './groups.ts';
import { placeRows } from './layout.ts';
import type { Column, Link, Row } from './rows.ts';

export interface Picture {
  rows: readonly Row[];
  links: readonly Link[];
  /** How high it is, in rows. */
  height: number;
}

export interface PictureOptions {
  /** How many rows a column has at most. */
  most: number;
  /** What of a client says that it belongs into another group, such as its protocol. */
  kindOf: (id: string) => string;
  /** A group that is looked into, whose names are not drawn as one again. */
  within?: { isOfChannels: boolean; has: (name: string) => boolean } | undefined;
}

/** How many rows are left to others where a group is looked into. */
const OTHER_ROWS = 10;

/** Draws who talks to whom: those who send at the left, the channels, and those who listen at the right. */
export function pictureOf(channels: readonly GraphChannel[], options: PictureOptions): Picture {
  const { most } = options;
  const senders = new Set<string>();
  const listeners = new Set<string>();
  const seen = new Set<Hearing>();
  for (const { sends, hearings } of channels) {
    for (const { from } of sends) senders.add(from);
    for (const hearing of hearings) {
      if (seen.has(hearing)) continue;
      seen.add(hearing);
      for (const id of hearing.clients) listeners.add(id);
    }
  }
  const rowOfSender = rowsOf('senders', groupClients(senders, options));
  const rowOfListener = rowsOf('listeners', groupClients(listeners, options));
  // A channel and a client may have the same name.
  const isDirect = (key: string): boolean => key.startsWith('\n');
  const names = channels.map((channel) => (channel.isDirect ? `\n${channel.name}` : channel.name));
  const directRows = rowsOf('channels', groupNames(withoutMark(names.filter(isDirect)), Math.ceil(most / 3)), true);
  const room = most - new Set(directRows.values()).size;
  const channelRows = rowsOf(
    'channels',
    groupNames(
      names.filter((name) => !isDirect(name)),
      room,
    ),
  );
  const links = new Links();
  const flows = new Map<Hearing, Map<Row, number>>();
  for (const channel of channels) {
    const row = (channel.isDirect ? directRows : channelRows).get(channel.name);
    if (!row) continue;
    let perS = 0;
    for (const send of channel.sends) {
      perS += send.perS;
      links.add(rowOfSender.get(send.from), row, send.perS);
    }
    row.perS += perS;
    if (channel.hearings.length === 0 && channel.sends.some(({ recipients }) => recipients === 0)) row.isUnheard = true;
    for (const hearing of channel.hearings) {
      const byRow = flows.get(hearing) ?? new Map<Row, number>();
      flows.set(hearing, byRow.set(row, (byRow.get(row) ?? 0) + perS));
    }
  }
  for (const [{ clients }, byRow] of flows) {
    const counts = new Map<Row, number>();
    for (const id of clients) {
      const row = rowOfListener.get(id);
      if (row) counts.set(row, (counts.get(row) ?? 0) + 1);
    }
    for (const [channel, perS] of byRow) {
      for (const [listener, count] of counts) {
        links.add(channel, listener, perS * count);
        listener.perS += perS * count;
      }
    }
  }
  for (const { from, perS } of links.all) if (from.column === 'senders') from.perS += perS;
  const rows = [rowOfSender, channelRows, directRows, rowOfListener].flatMap((each) => [...new Set(each.values())]);
  return { rows, links: links.all, height: placeRows(rows, links.all) };
}

function groupClients(ids: ReadonlySet<string>, { most, kindOf, within }: PictureOptions): NameGroup[] {
  const inside = within && !within.isOfChannels ? [...ids].filter(within.has) : [];
  if (!within || inside.length === 0) return groupNames(ids, most, kindOf);
  const others = groupNames(
    [...ids].filter((id) => !within.has(id)),
    OTHER_ROWS,
    kindOf,
  );
  return [...groupNames(inside, most - others.length), ...others];
}

function withoutMark(names: readonly string[]): string[] {
  return names.map((name) => name.slice(1));
}

function rowsOf(column: Column, groups: readonly NameGroup[], isDirect = false): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const group of groups) {
    const key = `${column}\n${isDirect ? 'direct\n' : ''}${group.key}`;
    const row: Row = { key, column, group, perS: 0, isUnheard: false, isDirect, at: 0 };
    for (const name of group.names) rows.set(name, row);
  }
  return rows;
}

/** Links between rows, each once. */
class Links {
  readonly #links = new Map<string, Link>();

  add(from: Row | undefined, to: Row | undefined, perS: number): void {
    if (!from || !to) return;
    const key = `${from.key}\n\n${to.key}`;
    const link = this.#links.get(key);
    if (link) link.perS += perS;
    else this.#links.set(key, { key, from, to, perS });
  }

  get all(): Link[] {
    return [...this.#links.values()];
  }
}

/** What has to do with a row: where what it sends goes, and where what it hears comes from. */
export function linksOf({ rows, links }: Picture, key: string): ReadonlySet<string> {
  const chosen = rows.find((row) => row.key === key);
  const lit = new Set<string>();
  if (!chosen) return lit;
  // A client that sends may be one that listens, too.
  const names = new Set(chosen.group.names);
  const isOne = (row: Row): boolean =>
    row.key === key ||
    (row.column !== 'channels' && chosen.column !== 'channels' && row.group.names.some((name) => names.has(name)));
  const sentTo = new Set<Row>();
  const heard = new Set<Row>();
  for (const link of links) {
    const { from, to } = link;
    if (from.column === 'senders' && isOne(from)) sentTo.add(to);
    if (to.column === 'listeners' && isOne(to)) heard.add(from);
    if (isOne(from) || isOne(to)) lit.add(link.key);
  }
  for (const { key: each, from, to } of links) {
    if (sentTo.has(from) || heard.has(to)) lit.add(each);
  }
  return lit;
}
