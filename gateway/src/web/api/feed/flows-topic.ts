import { detachText } from '../../../hub/detach.ts';
import { isDrawn } from '../graph.ts';
import type { Look } from '../look.ts';
import { Activities } from './activity.ts';
import type { Audience, FeedSource, FeedTopic } from './topic.ts';
import { matcherOf } from './wants.ts';
import type { MessageWatch } from './watch.ts';

/** How many flows one event has at most. */
const MAX_FLOWS = 500;

/** Who sends where, and how often: what moves in the graph of clients and channels. */
export function flowsTopic(watch: MessageWatch, clock: { monotonicMs(): number }): FeedTopic {
  return { everyMs: 1000, open: (audience) => openFlows(watch, audience, clock) };
}

function openFlows(watch: MessageWatch, audience: Audience, clock: { monotonicMs(): number }): FeedSource {
  const isWanted = matcherOf(audience.filter);
  const flows = new Activities(clock, ({ message: { from, to }, between, receipt }: Look) => ({
    from: detachText(from),
    to: detachText(to),
    between,
    recipients: receipt.delivered,
  }));
  let missedBefore = watch.missed;

  const end = watch.add({
    look(look: Look) {
      const { message, between } = look;
      if (!isDrawn(message.to) || !isWanted(message)) return;
      if (!audience.viewer.reads(message.to, between)) return;
      // No name has a control character.
      flows.look(`${message.from}\n${message.to}`, look);
    },
    windowEnded: (messagesPerLook) => flows.windowEnded(messagesPerLook),
  });

  return {
    end,
    next() {
      const { viewer } = audience;
      const told = flows.changes(MAX_FLOWS).flatMap(({ latest: { between, ...flow }, perS }) =>
        // It may not be read any more by now.
        viewer.reads(flow.to, between) ? [{ ...flow, isDirect: between !== undefined, perS }] : [],
      );
      const leftOut = watch.missed - missedBefore;
      missedBefore = watch.missed;
      return told.length === 0 && leftOut === 0 ? undefined : { flows: told, leftOut };
    },
  };
}
