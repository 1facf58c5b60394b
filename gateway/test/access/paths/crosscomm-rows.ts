import type { Row } from './row.ts';
import { SECRET } from './stage.ts';

export const CROSSCOMM_ROWS: readonly Row[] = [
  {
    name: 'CrossComm: a channel',
    goes: ['protocol crosscomm', 'source protocols/crosscomm/session.ts'],
    async hear(stage, who) {
      const { ear, send } = await stage.crosscomm(who);
      send('dict', 'server', { subscribe: [SECRET] });
      await ear.settle();
      return ear;
    },
  },
  {
    name: 'CrossComm: a message to a channel',
    goes: ['protocol crosscomm'],
    async speak(stage, who, mark) {
      const { ear, send } = await stage.crosscomm(who);
      send('dict', SECRET, { mark });
      await ear.settle();
    },
  },
];
