import { z } from 'zod';
import type { SessionContext } from '../../protocols/context.ts';
import { type Shape, VALUE_TYPES } from '../../shapes/shape.ts';
import type { ShapeBook } from '../../shapes/shape-book.ts';
import { RequestError } from '../request-error.ts';
import { isListed } from './listed.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { byName, count, lazy, next, type Output, pageOf, paging } from './schema.ts';
import type { Viewer } from './viewer.ts';

const types = () => z.array(z.enum(VALUE_TYPES)).readonly();

const shapeView = lazy(() =>
  z
    .strictObject({
      channel: z.string(),
      messages: count().describe('how many messages were looked at'),
      everyMs: z
        .number()
        .optional()
        .describe('how far apart those were lately, in milliseconds; left out before the second'),
      fields: z
        .array(
          z.strictObject({
            name: z.string().describe('empty where the message is no object: then it is the message itself'),
            types: types().describe('what it was so far; an integer is a number that never had a fraction'),
            isOptional: z.boolean().describe('there are messages without it'),
            min: z.number().optional().describe('the least number so far'),
            max: z.number().optional().describe('the greatest number so far'),
            maxLength: count()
              .optional()
              .describe('the characters of the longest text, or the items of the longest array'),
            items: types().optional().describe('what the items of an array were'),
          }),
        )
        .readonly()
        .describe('in the order in which they came, at most 64'),
      hasMore: z.boolean().describe('there are more fields than are remembered, or some of a longer name'),
    })
    .meta({ id: 'Shape' }),
);
export type ShapeAnswer = Output<typeof shapeView>;

const query = lazy(() =>
  z.strictObject({
    prefix: z.string().optional().describe('what the name of the channel begins with: "kitchen/"'),
    ...paging(),
  }),
);
const listAnswer = lazy(() => z.strictObject({ shapes: z.array(shapeView()), next: next() }));
export type ShapesAnswer = Output<typeof listAnswer>;

const HOW =
  'Learnt in memory, from up to 100 messages a second of all channels together (20 while there are more) and up to 4,096 characters each, of the 1,000 channels that said any last (limits.maxShapes). Private channels are left out.';

/** What channels carry, as far as whoever asks may hear them. */
export function shapeRoutes({ hub }: Pick<SessionContext, 'hub'>, shapes: ShapeBook): ApiRoute[] {
  const shapeFor = (channel: string, viewer: Viewer): Shape | undefined => {
    const mayHear = !hub.isPrivate(channel) && viewer.sees(channel) && viewer.hears(channel);
    return mayHear ? shapes.of(channel) : undefined;
  };
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/shapes',
        summary: 'What each channel carries: the fields of its messages, their types and ranges; sorted by channel.',
        description: HOW,
        needs: 'see',
        query,
        answers: { 200: listAnswer },
      },
      ({ query: { prefix = '', ...paged }, viewer }) => {
        const names = [...shapes.channels()].filter((name) => name.startsWith(prefix) && isListed(name)).sort(byName);
        const known = names.flatMap((name) => shapeFor(name, viewer) ?? []);
        const { page, ...more } = pageOf(known, ({ channel }) => channel, paged);
        return { shapes: page, ...more };
      },
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/channels/:name/shape',
        summary: 'What a channel carries: the fields of its messages, their types and ranges.',
        description: HOW,
        needs: 'see',
        params: { name: 'the name, percent-encoded: "kitchen%2Flight"' },
        answers: { 200: shapeView },
      },
      ({ params: { name }, viewer }) => {
        const shape = shapeFor(name, viewer);
        if (shape !== undefined) return shape;
        throw new RequestError('PEER_NOT_FOUND', `No message on ${name.slice(0, 100)} was looked at lately.`);
      },
    ),
  ];
}
