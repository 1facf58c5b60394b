import { beOnline, type Row } from './row.ts';
import { type Ear, type Person, SECRET, type Stage } from './stage.ts';

const NAME = encodeURIComponent(SECRET);

async function textOf(stage: Stage, who: Person, path: string): Promise<string> {
  const answer = await stage.http(who, path);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

/** Follows a stream of server-sent events. */
async function follow(stage: Stage, who: Person, path: string): Promise<Ear> {
  const ending = new AbortController();
  stage.ends(() => ending.abort());
  const answer = await stage.http(who, path, { signal: ending.signal });
  if (!answer.ok || answer.body === null) throw new Error(await answer.text());
  let text = '';
  const read = async (body: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of body) text += Buffer.from(chunk).toString();
  };
  read(answer.body).catch(() => {});
  return { text: () => text, settle: async () => void (await textOf(stage, who, '/healthz')) };
}

function send(stage: Stage, who: Person, path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return stage.http(who, path, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** What only those may do who operate the gateway. */
const OPERATORS = [
  ['GET', '/operator'],
  ['GET', '/uploads'],
  ['PUT', '/uploads/:id/retry'],
  ['DELETE', '/uploads/:id'],
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
  ['POST', '/api/v1/pairings'],
  ['GET', '/api/v1/pairings/:id'],
  ['DELETE', '/api/v1/pairings/:id'],
  ['POST', '/api/v1/serial/approve'],
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
    goes: ['http GET /channels', 'source web/oocsi/routes.ts'],
    see: (stage, who) => textOf(stage, who, '/channels'),
  },
  {
    name: 'HTTP: a message to a channel',
    goes: ['http POST /send/*'],
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
    name: 'HTTP: a file',
    goes: ['http GET /objects/*', 'http HEAD /objects/*'],
    stir: async () => {},
    async see(stage, who, mark) {
      return await textOf(stage, who, `/objects/${await stage.putFile(mark)}`);
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
