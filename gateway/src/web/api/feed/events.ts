import { z } from 'zod';
import { clientView } from '../clients.ts';
import { messageFields, messageView } from '../message-view.ts';
import { count, lazy, type Output } from '../schema.ts';
import { tracedMessage } from '../trace.ts';

/** How many channels may be asked about at once. */
const MAX_CHANNELS = 60;
const oneChannel = () => z.string().min(1).max(1024);

/** What may be asked of messages: all of it must hold. */
export const filterFields = () => ({
  channel: z
    .union([oneChannel(), z.array(oneChannel()).max(MAX_CHANNELS)])
    .optional()
    .describe('a channel, a client, or an MQTT topic filter: "kitchen/#"; for several of them, give it several times'),
  client: z.string().min(1).max(256).optional().describe('who sent it, or to whom it went directly'),
  kind: messageFields().kind.optional(),
  text: z.string().min(1).max(256).optional().describe('a part of what is shown of it, in capitals or not'),
});

export const messageFilter = lazy(() => z.strictObject(filterFields()));
export type MessageFilter = Output<typeof messageFilter>;

/** A message, and what became of it. */
export const sentMessage = lazy(() =>
  z
    .strictObject({
      ...messageFields(),
      delivered: count().describe('how many have it in their queue'),
      refused: count().describe('how many did not get it'),
      reason: z.string().optional().describe('the first reason why: no_recipient, queue_full, ...'),
    })
    .meta({ id: 'SentMessage' }),
);
export type SentMessage = Output<typeof sentMessage>;

export const messagesEvent = lazy(() =>
  z
    .strictObject({
      messages: z.array(sentMessage()),
      leftOut: count().describe('messages since the event before that are not shown, or were not looked at'),
    })
    .meta({ id: 'MessagesEvent' }),
);

export const traceEvent = lazy(() =>
  z
    .strictObject({
      messages: z.array(tracedMessage()).describe('those whose fate is known by now, at most 50'),
      leftOut: count().describe('messages since the event before that are not shown, or were not written down'),
    })
    .meta({ id: 'TraceEvent' }),
);

export const channelsEvent = lazy(() =>
  z
    .strictObject({
      values: z
        .array(
          z.strictObject({
            name: z.string(),
            perS: z.number().min(0).describe('messages a second, of the last seconds; estimated where there are many'),
            last: messageView().describe(
              'the last one that was looked at, with at most 512 characters; 4,096 where channels are asked for by name',
            ),
          }),
        )
        .describe('those with new messages or another rate, at most 200'),
      leftOut: count().describe('messages since the event before that were not looked at'),
    })
    .meta({ id: 'ChannelsEvent' }),
);

export const flowsEvent = lazy(() =>
  z
    .strictObject({
      flows: z
        .array(
          z.strictObject({
            from: z.string().describe('the client that sends'),
            to: z.string().describe('a channel or a client'),
            isDirect: z.boolean().describe('it goes to one client alone'),
            perS: z.number().min(0).describe('messages a second, of the last seconds; estimated where there are many'),
            recipients: count().describe('how many got the last one that was looked at'),
          }),
        )
        .describe('those with new messages or another rate, at most 500'),
      leftOut: count().describe('messages since the event before that were not looked at'),
    })
    .meta({ id: 'FlowsEvent' }),
);

export const clientsEvent = lazy(() =>
  z
    .strictObject({
      joined: z.array(clientView()).describe('those that came, or came again'),
      left: z.array(
        z.strictObject({
          id: z.string(),
          reason: z.string().describe('left, closed, timeout, replaced, revoked, error, shutdown'),
        }),
      ),
      rates: z
        .array(z.strictObject({ id: z.string(), receivedPerS: count(), sentPerS: count() }))
        .describe('about once a second: the 200 that send and are sent the most, and those that have fallen silent'),
      leftOut: count().describe('how many more came and went: ask for the list again'),
    })
    .meta({ id: 'ClientsEvent' }),
);
