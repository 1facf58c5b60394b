import { expect } from 'vitest';
import { follow, textOf } from './http-answers.ts';
import { announceDevice, beOnline, type Row, sayMark } from './row.ts';
import { type Ear, type Person, SECRET, SHARED, type Stage } from './stage.ts';

const NAME = encodeURIComponent(SECRET);

/** Two clients take an id from each other. */
async function shareId(stage: Stage, clientId: string): Promise<void> {
  for (let count = 0; count < 13; count++) await stage.mqtt(stage.boss, { clientId });
}

let settled = 0;

/** Watches what the API tells open pages. It is sampled: what is shared and comes later shows that all that came before was told. */
async function watch(stage: Stage, who: Person, show: 'messages' | 'channels' | 'clients' | 'flows'): Promise<Ear> {
  const { text } = await follow(stage, who, `/api/v1/events?show=${show}`);
  const settle = async (): Promise<void> => {
    const mark = `settled-${++settled}`;
    if (show === 'clients') await beOnline(stage, `class/${mark}`);
    else await sayMark(stage, mark, show === 'flows' ? `class/${mark}` : SHARED);
    await expect.poll(text).toContain(mark);
  };
  return { text, settle };
}

function send(stage: Stage, who: Person, path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return stage.http(who, path, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Makes a board with a control that is bound to a channel. */
async function makeBoard(stage: Stage, channel: string): Promise<void> {
  const items = [{ id: '1', kind: 'value', label: '', size: 'small', channel }];
  const body = JSON.stringify({ name: 'Board', items, version: 0 });
  const headers = { 'content-type': 'application/json' };
  const answer = await stage.http(stage.boss, '/api/v1/boards/board', { method: 'PUT', headers, body });
  if (!answer.ok) throw new Error(await answer.text());
  stage.ends(() => stage.http(stage.boss, '/api/v1/boards/board', { method: 'DELETE' }));
}

/** What only those may do who operate the gateway. */
const OPERATORS = [
  ['GET', '/operator'],
  ['GET', '/uploads'],
  ['PUT', '/uploads/:id/retry'],
  ['DELETE', '/uploads/:id'],
  ['GET', '/api/v1/uploads'],
  ['PUT', '/api/v1/uploads/:id/retry'],
  ['DELETE', '/api/v1/uploads/:id'],
  ['GET', '/api/v1/accounts'],
  ['GET', '/api/v1/accounts/:name'],
  ['POST', '/api/v1/accounts'],
  ['POST', '/api/v1/accounts/import'],
  ['DELETE', '/api/v1/accounts/:name'],
  ['PUT', '/api/v1/accounts/:name/password'],
  ['DELETE', '/api/v1/accounts/:name/password'],
  ['POST', '/api/v1/accounts/:name/tokens'],
  ['DELETE', '/api/v1/accounts/:name/tokens'],
  ['DELETE', '/api/v1/accounts/:name/tokens/:id'],
  ['POST', '/api/v1/accounts/:name/certificates'],
  ['DELETE', '/api/v1/accounts/:name/certificates'],
  ['DELETE', '/api/v1/accounts/:name/certificates/:id'],
  ['PUT', '/api/v1/accounts/:name/roles'],
  ['PUT', '/api/v1/accounts/:name/ids'],
  ['PUT', '/api/v1/accounts/:name/expiry'],
  ['DELETE', '/api/v1/clients/:id'],
  ['POST', '/api/v1/pairings'],
  ['GET', '/api/v1/pairings/:id'],
  ['DELETE', '/api/v1/pairings/:id'],
  ['POST', '/api/v1/serial/approve'],
  ['GET', '/api/v1/trace'],
  ['GET', '/api/v1/recording'],
  ['DELETE', '/api/v1/recording/:id'],
  ['GET', '/api/v1/serial/:id/log'],
  ['PUT', '/api/v1/serial/:id'],
  ['POST', '/api/v1/serial/:id/flash'],
  ['GET', '/api/v1/clients/:id/log'],
  ['POST', '/api/v1/firmware'],
  ['GET', '/api/v1/firmware'],
  ['GET', '/api/v1/firmware/:id'],
  ['DELETE', '/api/v1/firmware/:id'],
  ['GET', '/api/v1/backup'],
  ['GET', '/api/v1/backups'],
  ['GET', '/api/v1/backups/:name'],
  ['GET', '/api/v1/config'],
  ['GET', '/api/v1/oss-keys'],
  ['POST', '/api/v1/oss-keys'],
  ['DELETE', '/api/v1/oss-keys/:id'],
  ['POST', '/api/v1/tls/renew'],
  ['GET', '/api/v1/diagnosis'],
  ['GET', '/api/v1/cluster'],
  ['GET', '/api/v1/bridges'],
  ['GET', '/api/v1/automations'],
  ['GET', '/api/v1/class'],
  ['PUT', '/api/v1/class/mode'],
  ['DELETE', '/api/v1/class/retained'],
  ['POST', '/api/v1/automations/dry-run'],
  ['PUT', '/api/v1/automations/:name'],
  ['DELETE', '/api/v1/automations/:name'],
  ['GET', '/api/v1/roles'],
  ['GET', '/api/v1/roles/:name'],
  ['PUT', '/api/v1/roles/:name'],
  ['DELETE', '/api/v1/roles/:name'],
] as const;

export const HTTP_ROWS: readonly Row[] = [
  {
    name: 'HTTP: a channel as a stream of events',
    goes: ['http GET /subscribe/*'],
    hear: (stage, who) => follow(stage, who, `/subscribe/${NAME}`),
  },
  {
    name: 'HTTP: all channels as a stream of events',
    goes: ['http GET /subscribe/*'],
    hear: (stage, who) => follow(stage, who, '/subscribe/%23'),
  },
  {
    name: 'HTTP: the list of channels',
    goes: ['http GET /channels'],
    see: (stage, who) => textOf(stage, who, '/channels'),
  },
  {
    name: 'HTTP: a message to a channel',
    goes: ['http POST /send/*', 'source web/send-message.ts'],
    async speak(stage, who, mark) {
      await send(stage, who, `/send/${NAME}`, { sender: stage.idOf(who), mark });
    },
  },
  {
    name: 'HTTP: a message to a channel that the body names',
    goes: ['http POST /send'],
    async speak(stage, who, mark) {
      await send(stage, who, '/send', { sender: stage.idOf(who), channel: SECRET, mark });
    },
  },
  {
    name: 'HTTP: a call of a service',
    goes: ['http GET {path}', 'http POST {path}', 'source web/oocsi/service-calls.ts'],
    isCall: true,
    async speak(stage, who, mark) {
      await stage.http(who, `/${NAME}/f?mark=${mark}`);
    },
  },
  {
    name: 'HTTP: a call that is a message',
    goes: ['http POST /send/*'],
    isCall: true,
    async speak(stage, who, mark) {
      const call = { mark, _MESSAGE_HANDLE: 'f', _MESSAGE_ID: '1' };
      await send(stage, who, `/send/${NAME}`, { sender: stage.idOf(who), ...call });
    },
  },
  {
    name: 'HTTP: the status',
    goes: ['http GET /status', 'source web/status-route.ts'],
    see: (stage, who) => textOf(stage, who, '/status'),
  },
  {
    name: 'HTTP: the clients in the status',
    goes: ['http GET /status'],
    stir: beOnline,
    see: (stage, who) => textOf(stage, who, '/status'),
  },
  {
    name: 'API: how the gateway is doing',
    goes: ['http GET /api/v1/overview', 'source web/api/overview.ts'],
    // Of names, it has those of clients that share one.
    stir: shareId,
    see: (stage, who) => textOf(stage, who, '/api/v1/overview'),
  },
  {
    name: 'API: the list of clients',
    goes: ['http GET /api/v1/clients', 'source web/api/clients.ts'],
    stir: beOnline,
    see: (stage, who) => textOf(stage, who, '/api/v1/clients'),
  },
  {
    name: 'API: a client',
    goes: ['http GET /api/v1/clients/:id'],
    stir: beOnline,
    see: (stage, who, mark) => textOf(stage, who, `/api/v1/clients/${encodeURIComponent(mark)}`),
  },
  {
    name: 'API: what a client subscribes to',
    goes: ['http GET /api/v1/clients/:id'],
    async stir(stage, mark) {
      const boss = await stage.mqtt(stage.boss, { clientId: 'class/reader' });
      await boss.subscribeAsync(mark);
    },
    see: (stage, who) => textOf(stage, who, '/api/v1/clients/class%2Freader'),
  },
  {
    name: 'API: messages as they are sent',
    goes: ['http GET /api/v1/events', 'source web/api/feed/watch.ts'],
    hear: (stage, who) => watch(stage, who, 'messages'),
  },
  {
    name: 'API: what is said on channels',
    goes: ['http GET /api/v1/events'],
    hear: (stage, who) => watch(stage, who, 'channels'),
  },
  {
    name: 'API: clients as they come and go',
    goes: ['http GET /api/v1/events', 'source web/api/feed/clients-topic.ts'],
    hear: (stage, who) => watch(stage, who, 'clients'),
    stir: (stage, mark) => beOnline(stage, `left/${mark}`),
  },
  {
    name: 'API: what was said lately',
    goes: ['http GET /api/v1/messages', 'source web/api/recent-messages.ts', 'source web/api/look.ts'],
    isBefore: true,
    async hear(stage, who) {
      const text = await textOf(stage, who, '/api/v1/messages?limit=1000');
      return { text: () => text, settle: async () => {} };
    },
  },
  {
    name: 'API: a message to a channel',
    goes: ['http POST /api/v1/messages'],
    async speak(stage, who, mark) {
      await send(stage, who, '/api/v1/messages', { from: stage.idOf(who), to: SECRET, body: { mark } });
    },
  },
  {
    name: 'API: a call that is a message',
    goes: ['http POST /api/v1/messages'],
    isCall: true,
    async speak(stage, who, mark) {
      const body = { mark, _MESSAGE_HANDLE: 'f', _MESSAGE_ID: '1' };
      await send(stage, who, '/api/v1/messages', { from: stage.idOf(who), to: SECRET, body });
    },
  },
  {
    name: 'API: the list of channels',
    goes: ['http GET /api/v1/channels', 'source web/api/channels.ts'],
    see: (stage, who) => textOf(stage, who, '/api/v1/channels'),
  },
  {
    name: 'API: a channel',
    goes: ['http GET /api/v1/channels/:name'],
    see: (stage, who, mark) => textOf(stage, who, `/api/v1/channels/${encodeURIComponent(mark)}`),
  },
  {
    name: 'API: the list of channels, with those on which something was said',
    goes: ['http GET /api/v1/channels'],
    stir: (stage, mark) => sayMark(stage, mark, mark),
    see: (stage, who) => textOf(stage, who, '/api/v1/channels'),
  },
  {
    name: 'API: what was said last on a channel',
    goes: ['http GET /api/v1/channels/:name'],
    isBefore: true,
    async hear(stage, who) {
      const text = await textOf(stage, who, `/api/v1/channels/${NAME}`);
      return { text: () => text, settle: async () => {} };
    },
  },
  {
    name: 'API: who subscribes to a channel',
    goes: ['http GET /api/v1/channels/:name'],
    async stir(stage, mark) {
      const client = await stage.mqtt(stage.boss, { clientId: mark });
      await client.subscribeAsync(SHARED);
    },
    see: (stage, who) => textOf(stage, who, `/api/v1/channels/${encodeURIComponent(SHARED)}`),
  },
  {
    name: 'API: who gets what is said on a channel by a topic filter',
    goes: ['http GET /api/v1/channels/:name', 'source web/api/pattern-members.ts'],
    async stir(stage, mark) {
      const client = await stage.mqtt(stage.boss, { clientId: mark });
      await client.subscribeAsync('class/#');
    },
    see: (stage, who) => textOf(stage, who, `/api/v1/channels/${encodeURIComponent(SHARED)}`),
  },
  ...['/api/v1/channels/:name/history', '/api/v1/channels/:name/shape', '/api/v1/shapes'].map(
    (path): Row => ({
      name: `API: what was learnt of numbers and fields, by ${path}`,
      goes: [`http GET ${path}`],
      isBefore: true,
      stir: (stage, mark) => stage.oocsiSays(stage.boss, `sendraw ${SECRET} {"${mark}":1}`),
      async hear(stage, who) {
        const text = await textOf(stage, who, path.replace(':name', NAME));
        return { text: () => text, settle: async () => {} };
      },
    }),
  ),
  {
    name: 'API: what clients do together on a channel',
    goes: ['http GET /api/v1/behaviours'],
    async stir(stage, mark) {
      const client = await stage.mqtt(stage.boss);
      await client.publishAsync('behaviours', JSON.stringify({ awareness: SECRET }), { qos: 1 });
      await client.publishAsync(SECRET, JSON.stringify({ [mark]: 1 }), { qos: 1 });
    },
    see: (stage, who) => textOf(stage, who, '/api/v1/behaviours'),
  },
  {
    name: 'API: what a channel retains',
    goes: ['http GET /api/v1/channels/:name'],
    async stir(stage, mark) {
      const client = await stage.mqtt(stage.boss);
      await client.publishAsync(SECRET, mark, { retain: true, qos: 1 });
    },
    see: (stage, who) => textOf(stage, who, `/api/v1/channels/${NAME}`),
  },
  {
    name: 'API: devices that told what they are',
    goes: ['http GET /api/v1/devices'],
    stir: announceDevice,
    see: (stage, who) => textOf(stage, who, '/api/v1/devices'),
  },
  {
    name: 'API: who talks in the graph',
    goes: ['http GET /api/v1/graph', 'source web/api/graph.ts'],
    stir: beOnline,
    see: (stage, who) => textOf(stage, who, '/api/v1/graph'),
  },
  {
    name: 'API: who listens to what in the graph',
    goes: ['http GET /api/v1/graph'],
    async stir(stage, mark) {
      const boss = await stage.mqtt(stage.boss, { clientId: 'class/listener' });
      await boss.subscribeAsync(mark);
    },
    see: (stage, who) => textOf(stage, who, '/api/v1/graph'),
  },
  {
    name: 'API: who sent where in the graph',
    goes: ['http GET /api/v1/graph'],
    async stir(stage, mark) {
      await (await stage.mqtt(stage.boss)).publishAsync(mark, 'hello', { qos: 1 });
    },
    see: (stage, who) => textOf(stage, who, '/api/v1/graph'),
  },
  {
    name: 'API: what flows as it is sent',
    goes: ['http GET /api/v1/events'],
    hear: (stage, who) => watch(stage, who, 'flows'),
    stir: (stage, mark) => sayMark(stage, mark, `left/${mark}`),
  },
  {
    name: 'API: what a board of controls is bound to',
    goes: ['http GET /api/v1/boards/:id'],
    stir: makeBoard,
    see: (stage, who) => textOf(stage, who, '/api/v1/boards/board'),
  },
  {
    name: 'HTTP: a file',
    goes: ['http GET /objects/*', 'http HEAD /objects/*'],
    stir: async () => {},
    async see(stage, who, mark) {
      const key = await stage.putFile(mark);
      return await textOf(stage, who, `/objects/${key.split('/').map(encodeURIComponent).join('/')}`);
    },
  },
  {
    name: 'HTTP: the list of files',
    goes: ['http GET /api/v1/objects'],
    stir: async (stage, mark) => void (await stage.putFile(mark)),
    // Of the name that it was given, a file has the last part.
    see: async (stage, who) => (await textOf(stage, who, '/api/v1/objects')).replaceAll('"seen-', '"left/seen-'),
  },
  {
    name: 'HTTP: a file for a channel',
    goes: ['http PUT /objects/*'],
    async speak(stage, who, mark) {
      const path = `/objects/${mark}.txt?from=${stage.idOf(who)}&to=${NAME}`;
      await (await stage.http(who, path, { method: 'PUT', body: mark })).text();
    },
  },
  {
    name: 'HTTP: a form with a file for a channel',
    goes: ['http POST /objects'],
    async speak(stage, who, mark) {
      const body = new FormData();
      body.set('from', stage.idOf(who));
      body.set('to', SECRET);
      body.set('file', new Blob([mark]), `${mark}.txt`);
      await (await stage.http(who, '/objects', { method: 'POST', body })).text();
    },
  },
  ...OPERATORS.map(
    ([method, path]): Row => ({
      name: `HTTP: ${method} ${path}`,
      goes: [`http ${method} ${path}`],
      operate: { method, path: path.replace(/:\w+/g, 'nobody') },
    }),
  ),
];
