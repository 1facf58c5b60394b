import { beOnline, type Row } from './row.ts';
import { SECRET } from './stage.ts';

export const CROSSCOMM_ROWS: readonly Row[] = [
  {
    name: 'CrossComm: a channel',
    goes: ['protocol crosscomm', 'source protocols/crosscomm/session.ts', 'name server'],
    async hear(stage, who) {
      const { ear, send } = await stage.crosscomm(who);
      send('dict', 'server', { subscribe: [SECRET] });
      await ear.settle();
      return ear;
    },
  },
  {
    name: 'CrossComm: the list of clients',
    goes: ['crosscomm list_clients', 'source protocols/crosscomm/client-list.ts'],
    stir: beOnline,
    async see(stage, who) {
      const { ear } = await stage.crosscomm(who);
      await ear.settle();
      return ear.text();
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
  {
    name: 'CrossComm: a file',
    goes: ['protocol crosscomm'],
    async speak(stage, who, mark) {
      const { ear, send } = await stage.crosscomm(who);
      send('file', SECRET, mark);
      await ear.settle();
    },
  },
  {
    name: 'CrossComm: a call',
    goes: ['protocol crosscomm'],
    isCall: true,
    async speak(stage, who, mark) {
      const { ear, send } = await stage.crosscomm(who);
      send('dict', SECRET, { mark, _MESSAGE_HANDLE: 'f', _MESSAGE_ID: '1' });
      await ear.settle();
    },
  },
];
