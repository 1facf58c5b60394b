import { type Row, sayMark } from './row.ts';
import { carriedOut, SECRET } from './stage.ts';

export const OOCSI_ROWS: readonly Row[] = [
  {
    name: 'OOCSI: a channel',
    goes: ['protocol oocsi', 'oocsi subscribe', 'source protocols/oocsi/session.ts'],
    hear: (stage, who) => stage.oocsiEar(who, `subscribe ${SECRET}`),
  },
  {
    name: 'OOCSI: all channels',
    goes: ['oocsi subscribe'],
    hear: (stage, who) => stage.oocsiEar(who, 'subscribe #'),
  },
  {
    name: 'OOCSI: a functional channel',
    goes: ['oocsi subscribe'],
    hear: (stage, who) => stage.oocsiEar(who, `subscribe ${SECRET}[transform(extra,1)]`),
  },
  {
    name: 'OOCSI: a private channel',
    goes: ['oocsi subscribe'],
    hear: (stage, who) => stage.oocsiEar(who, 'subscribe left/private:word'),
    stir: (stage, mark) => sayMark(stage, mark, 'left/private:word'),
  },
  {
    name: 'OOCSI: a message to a channel',
    goes: ['oocsi send'],
    async speak(stage, who, mark) {
      const client = await stage.oocsi(who);
      client.send(`sendraw ${SECRET} {"mark":"${mark}"}`);
      await carriedOut(client);
    },
  },
];
