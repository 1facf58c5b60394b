import { z } from 'zod';
import { hasWholeWildcards } from './fields.ts';

/** The section `shapes` of the configuration: what messages on some channels must be. */
export const shapes = z
  .array(
    z.strictObject({
      filter: z
        .string()
        .min(1)
        .max(1024)
        .refine((filter) => !/[\0:[\]]/.test(filter) && hasWholeWildcards(filter), {
          error: 'a channel or a topic filter such as sensors/+/climate',
        })
        .describe('channel or topic filter of the messages that must fit'),
      enforce: z.string().min(1).describe('file with the JSON Schema that they must fit'),
    }),
  )
  .max(200)
  .default([])
  .describe('what messages must be, and are refused if they are not; none by default');

export type ShapesConfig = z.infer<typeof shapes>;
