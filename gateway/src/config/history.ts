import { z } from 'zod';
import { bytes, count, duration, MIB } from './fields.ts';

/** The section `history` of the configuration. */
export const history = z
  .strictObject({
    channels: z
      .array(z.string().min(1).max(1024))
      .default([])
      .describe('topic filters of the channels that are remembered; others are from when somebody first asks'),
    maxMessages: count(100).describe('most messages of one channel that are remembered'),
    maxBytes: bytes(8 * MIB, 0).describe('most bytes of memory for all of them together; 0 remembers nothing'),
    maxChannels: count(1000).describe('most channels that are remembered; the one silent for longest makes room'),
    maxAgeMs: duration(3_600_000, 1000).describe('how long a message is remembered'),
  })
  .prefault({})
  .describe('what was said lately, in memory, for those who come late');
