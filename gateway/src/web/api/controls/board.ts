import { z } from 'zod';
import { count, lazy, type Output, timeMs } from '../schema.ts';

/** How many boards there may be, how many controls on one, and how long one may be, as JSON text. */
export const MAX_BOARDS = 100;
const MAX_ITEMS = 60;
export const MAX_BOARD_LENGTH = 32 * 1024;

/** Kinds that show or set what is said on a channel. */
const BOUND = ['button', 'switch', 'slider', 'colour', 'value', 'chart'] as const;

const boardItem = lazy(() =>
  z
    .strictObject({
      id: z.string().min(1).max(40).describe('other than that of any other on the board'),
      kind: z
        .enum([...BOUND, 'image', 'text', 'hidden'])
        .describe('hidden: one of which whoever asks may not know; given back, it stays what it is'),
      label: z.string().max(80),
      size: z.enum(['small', 'wide', 'full']),
      channel: z.string().min(1).max(1024).optional().describe('the channel or client that it is bound to'),
      key: z.string().min(1).max(200).optional().describe('the field of its messages; left out: all of the message'),
      value: z.string().max(1000).optional().describe('what a button sends: JSON, or else a text'),
      on: z.string().max(200).optional().describe('what a switch sends; by default as the last value says it'),
      off: z.string().max(200).optional(),
      min: z.number().optional(),
      max: z.number().optional(),
      step: z.number().positive().optional(),
      unit: z.string().max(20).optional(),
      retain: z.boolean().optional().describe('what it sends is kept for later subscribers'),
      text: z.string().max(2000).optional(),
      object: z.string().min(1).max(1024).optional().describe('the key of the image that is shown'),
    })
    .superRefine(({ kind, channel, object, min, max }, context) => {
      const fault = (path: string, message: string): void =>
        context.addIssue({ code: 'custom', path: [path], message });
      const isBound = BOUND.some((bound) => bound === kind);
      if (isBound && channel === undefined) fault('channel', `a ${kind} needs one`);
      if (kind === 'image' && channel === undefined && object === undefined) fault('channel', 'an image needs one');
      if (min !== undefined && max !== undefined && min >= max) fault('max', 'it must be greater than "min"');
    })
    .meta({ id: 'BoardItem' }),
);
export type BoardItem = Output<typeof boardItem>;

const name = () => z.string().trim().min(1).max(80);
const items = () =>
  z
    .array(boardItem())
    .max(MAX_ITEMS)
    .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'each needs an id of its own')
    .describe(`in the order in which they are shown, at most ${MAX_ITEMS}`);

/** What a board is called in an address. */
export const boardId = lazy(() =>
  z.string().regex(/^[a-z0-9-]{1,40}$/, 'a board is called by at most 40 small letters, digits and hyphens'),
);

const boardFields = () => ({
  id: boardId(),
  name: name(),
  version: count().describe('grows with each change'),
  changedMs: timeMs(),
  changedBy: z.string().optional().describe('the account'),
});

/** A board as it is kept. */
export const keptBoard = lazy(() => z.strictObject({ ...boardFields(), items: items() }));
export type KeptBoard = Output<typeof keptBoard>;

export const boardAnswer = lazy(() =>
  z
    .strictObject({
      ...boardFields(),
      items: items(),
      mayChange: z.boolean().describe('whether whoever asks may change it'),
    })
    .meta({ id: 'Board' }),
);

export const boardsAnswer = lazy(() =>
  z
    .strictObject({
      boards: z.array(z.strictObject({ ...boardFields(), itemCount: count() })).describe('sorted by name'),
      mayChange: z.boolean(),
    })
    .meta({ id: 'Boards' }),
);

export const boardBody = lazy(() =>
  z.strictObject({
    name: name(),
    items: items(),
    version: count().describe('the one that is changed; 0: there is no board of this id yet'),
  }),
);
export type BoardBody = Output<typeof boardBody>;

export const deleteQuery = lazy(() =>
  z.strictObject({ version: z.coerce.number().int().min(1).optional().describe('only if it is still this one') }),
);
