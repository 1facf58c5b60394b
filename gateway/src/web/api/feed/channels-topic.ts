import type { Look } from '../look.ts';
import { detachView, MAX_BODY_LENGTH, shownTo, viewOfMessage } from '../message-view.ts';
import { Activities } from './activity.ts';
import type { Audience, FeedSource, FeedTopic } from './topic.ts';
import { asksByName, matcherOf } from './wants.ts';
import type { MessageWatch } from './watch.ts';

/** How many channels one event has at most, and how many characters of a message; more of those that were asked for by name, which are few. */
const MAX_CHANNELS = 200;
const MAX_LENGTH = 512;
const MAX_LENGTH_NAMED = MAX_BODY_LENGTH;

/** What is said on each channel, and how often. */
export function channelsTopic(watch: MessageWatch, clock: { monotonicMs(): number }): FeedTopic {
  return { everyMs: 300, open: (audience) => openChannels(watch, audience, clock) };
}

function openChannels(watch: MessageWatch, audience: Audience, clock: { monotonicMs(): number }): FeedSource {
  const isWanted = matcherOf(audience.filter);
  const maxLength = asksByName(audience.filter) ? MAX_LENGTH_NAMED : MAX_LENGTH;
  const channels = new Activities(clock, ({ message, between }: Look) => ({
    last: detachView(viewOfMessage(message, maxLength)),
    between,
  }));
  let missedBefore = watch.missed;

  const end = watch.add({
    look(look: Look) {
      const { message, between } = look;
      if (isWanted(message) && audience.viewer.reads(message.to, between)) channels.look(message.to, look);
    },
    windowEnded: (messagesPerLook) => channels.windowEnded(messagesPerLook),
  });

  return {
    end,
    next() {
      const { viewer } = audience;
      const values = channels.changes(MAX_CHANNELS).flatMap(({ latest: { last, between }, perS }) => {
        // It may not be read any more by now.
        if (!viewer.reads(last.to, between)) return [];
        return [{ name: last.to, perS, last: shownTo(viewer, last) }];
      });
      const leftOut = watch.missed - missedBefore;
      missedBefore = watch.missed;
      return values.length === 0 && leftOut === 0 ? undefined : { values, leftOut };
    },
  };
}
