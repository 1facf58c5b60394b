import type { Row } from './row.ts';
import { SECRET } from './stage.ts';

export const FRAME_ROWS: readonly Row[] = [
  {
    name: 'frames: a channel',
    goes: ['protocol frames', 'frame alias', 'frame sequenced'],
    async hear(stage, who) {
      const { ear, say } = await stage.device(who);
      say({ type: 'alias', alias: 1, channel: SECRET, flags: 1 });
      await ear.settle();
      return ear;
    },
  },
  {
    name: 'frames: a message to a channel',
    goes: ['frame message', 'source protocols/frames/requests.ts'],
    async speak(stage, who, mark) {
      const { ear, say } = await stage.device(who);
      say({ type: 'message', to: SECRET, value: new Map([['mark', mark]]) });
      await ear.settle();
    },
  },
];
