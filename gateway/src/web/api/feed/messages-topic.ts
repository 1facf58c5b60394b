import type { Look } from '../look.ts';
import { shownTo, viewOfMessage } from '../message-view.ts';
import type { SentMessage } from './events.ts';
import type { Audience, FeedSource, FeedTopic } from './topic.ts';
import { matcherOf } from './wants.ts';
import type { MessageWatch } from './watch.ts';

/** How many messages one event has at most. */
const MAX_MESSAGES = 50;

/** The conversation as it goes on. */
export function messagesTopic(watch: MessageWatch): FeedTopic {
  return { everyMs: 100, open: (audience) => openMessages(watch, audience) };
}

function openMessages(watch: MessageWatch, audience: Audience): FeedSource {
  const isWanted = matcherOf(audience.filter);
  let messages: SentMessage[] = [];
  let unshown = 0;
  let missedBefore = watch.missed;
  const end = watch.add({
    look({ message, between, receipt: { delivered, refused, reason } }: Look) {
      const { viewer } = audience;
      if (!isWanted(message) || !viewer.reads(message.to, between)) return;
      if (messages.length === MAX_MESSAGES) unshown++;
      else messages.push(shownTo(viewer, { ...viewOfMessage(message), delivered, refused, reason }));
    },
  });
  return {
    end,
    next() {
      const leftOut = watch.missed - missedBefore + unshown;
      if (messages.length === 0 && leftOut === 0) return undefined;
      const event = { messages, leftOut };
      messages = [];
      unshown = 0;
      missedBefore = watch.missed;
      return event;
    },
  };
}
