import { beOnline, type Row } from './row.ts';
import { SECRET } from './stage.ts';

export const FRAME_ROWS: readonly Row[] = [
  {
    name: 'frames: a channel',
    goes: ['protocol frames', 'frame alias', 'frame sequenced', 'frame message'],
    async hear(stage, who) {
      const { ear, say } = await stage.device(who);
      say({ type: 'alias', alias: 1, channel: SECRET, flags: 1 });
      await ear.settle();
      return ear;
    },
  },
  {
    name: 'frames: kept values',
    goes: ['frame keep'],
    isBefore: true,
    async stir(stage, mark) {
      await stage.oocsiSays(stage.boss, `sendraw ${SECRET} {"mark":"${mark}","_RETAIN":"keep"}`);
    },
    async hear(stage, who) {
      const { ear, say } = await stage.device(who);
      say({ type: 'sequenced', seq: 1, frame: { type: 'keep', channel: SECRET, value: ['mark'] } });
      await ear.settle();
      return ear;
    },
  },
  {
    name: 'frames: the list of clients',
    goes: ['frame listClients', 'frame clients', 'source protocols/frames/client-list.ts'],
    stir: beOnline,
    async see(stage, who) {
      const { ear, say } = await stage.device(who);
      say({ type: 'sequenced', seq: 1, frame: { type: 'listClients', onlyOnline: true } });
      await ear.settle();
      return ear.text();
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
  {
    name: 'frames: a message to an alias',
    goes: ['frame alias'],
    async speak(stage, who, mark) {
      const { ear, say } = await stage.device(who);
      say({ type: 'alias', alias: 1, channel: SECRET, flags: 0 });
      say({ type: 'message', to: 1, value: new Map([['mark', mark]]) });
      await ear.settle();
    },
  },
  {
    name: 'frames: a call',
    goes: ['frame call'],
    isCall: true,
    async speak(stage, who, mark) {
      const { ear, say } = await stage.device(who);
      const args = new Map([['mark', mark]]);
      say({ type: 'sequenced', seq: 1, frame: { type: 'call', callId: 1, to: SECRET, function: 'f', args } });
      await ear.settle();
    },
  },
  {
    name: 'frames: a call that is a message',
    goes: ['frame message'],
    isCall: true,
    async speak(stage, who, mark) {
      const { ear, say } = await stage.device(who);
      const call = { mark, _MESSAGE_HANDLE: 'f', _MESSAGE_ID: '1' };
      say({ type: 'message', to: SECRET, value: new Map(Object.entries(call)) });
      await ear.settle();
    },
  },
];
