import type { ChannelTable } from './channels.ts';
import type { FilterWatch } from './egress.ts';
import type { HubEmitter } from './events.ts';

/** Tells `watch` of the hub's own channels and topic filters, private channels left out, until the returned function is called. */
export function watchChannels(channels: ChannelTable, events: HubEmitter, watch: FilterWatch): () => void {
  const told = new Set<string>();
  const began = (name: string): void => {
    // A private channel stays one as long as it has subscribers.
    if (told.has(name) || channels.get(name)?.password !== undefined) return;
    told.add(name);
    watch.began(name);
  };
  for (const name of channels.publicNames()) began(name);
  for (const name of channels.patterns()) began(name);
  const undo = [
    events.on('created', began),
    events.on('closed', (name) => {
      if (told.delete(name)) watch.ended(name);
    }),
  ];
  return () => {
    for (const each of undo) each();
  };
}

/** Is told by several of the same filter, and tells `watch` of the first and the last of them. */
export function countedWatch(watch: FilterWatch): FilterWatch {
  const counts = new Map<string, number>();
  return {
    began(filter) {
      const count = (counts.get(filter) ?? 0) + 1;
      counts.set(filter, count);
      if (count === 1) watch.began(filter);
    },
    ended(filter) {
      const count = (counts.get(filter) ?? 0) - 1;
      if (count > 0) counts.set(filter, count);
      else if (counts.delete(filter)) watch.ended(filter);
    },
  };
}
