import type { Hub } from '../../../hub/hub.ts';
import { HubSurroundings } from '../../../observability/trace/surroundings.ts';
import type { TraceBook } from '../../../observability/trace/trace-book.ts';
import { traceView } from '../../../observability/trace/view.ts';
import type { Audience, FeedSource, FeedTopic } from './topic.ts';

/** How many messages one event has at most. */
const MAX_MESSAGES = 50;

/** What becomes of messages, for operators alone. The book has it anyway, so that nothing is asked of messages for this. */
export function traceTopic(trace: TraceBook, hub: Hub): FeedTopic {
  return { everyMs: 500, open: (audience) => openTrace(trace, hub, audience) };
}

function openTrace(trace: TraceBook, hub: Hub, audience: Audience): FeedSource {
  const { filter } = audience;
  let after = trace.find({ limit: 1 }).last;
  let leftOutBefore = trace.room.leftOut;
  const { client } = filter;
  const channels = [filter.channel ?? []].flat();
  const about = channels.length === 1 ? channels[0] : client;
  return {
    end: () => {},
    next() {
      const found = trace.find({ about, after, limit: Number.POSITIVE_INFINITY });
      after = found.last;
      const leftOut = trace.room.leftOut - leftOutBefore;
      leftOutBefore += leftOut;
      if (!audience.viewer.mayOperate) return undefined;
      const wanted = found.entries.filter(
        (entry) =>
          (client === undefined || entry.isAbout(client)) &&
          (channels.length === 0 || channels.some((channel) => entry.isAbout(channel))),
      );
      if (wanted.length === 0 && leftOut === 0) return undefined;
      const shown = wanted.slice(-MAX_MESSAGES);
      const around = new HubSurroundings(hub);
      return {
        messages: shown.map((entry) => traceView(entry, around)),
        leftOut: leftOut + wanted.length - shown.length,
      };
    },
  };
}
