import { once } from 'node:events';
import { type Ear, Heard, JOIN_MS, type ProbeIdentity } from './probe.ts';

/** Sends by requests of HTTP, and hears by a stream of server-sent events. `base`: `http://127.0.0.1:9898`. */
export async function openHttp(base: string, { id, channel, account, secret }: ProbeIdentity): Promise<Ear> {
  const heard = new Heard();
  const ending = new AbortController();
  const headers = authorization(account, secret);
  const path = encodeURIComponent(channel);
  const late = setTimeout(() => ending.abort(new Error('it does not answer')), JOIN_MS);
  try {
    const stream = await fetch(`${base}/subscribe/${path}`, { headers, signal: ending.signal });
    if (!stream.ok || stream.body === null) throw new Error(`it answers ${stream.status} to who subscribes`);
    void read(stream.body, heard);
  } catch (error) {
    // What failed is in the cause.
    const { cause = error } = error as { cause?: unknown };
    throw cause;
  } finally {
    clearTimeout(late);
  }
  return {
    send(mark) {
      const body = JSON.stringify({ sender: id, mark });
      const json = { ...headers, 'content-type': 'application/json' };
      fetch(`${base}/send/${path}`, { method: 'POST', headers: json, body, signal: ending.signal }).catch(() => {});
    },
    hasHeard: (mark) => heard.has(mark),
    close: () => ending.abort(),
  };
}

/** Whether anything answers in HTTP; rejects with an Error that says why not. */
export async function answersHttp(base: string): Promise<void> {
  const url = new URL(base);
  const { request } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
  // This asks a server whether it is there, and wants nothing that takes an access key (RFC 9110, 9.3.7).
  const asked = request(url, { method: 'OPTIONS', path: '*', agent: false, signal: AbortSignal.timeout(JOIN_MS) });
  asked.end();
  try {
    await once(asked, 'response');
  } finally {
    asked.on('error', () => {}).destroy();
  }
}

async function read(body: AsyncIterable<Uint8Array>, heard: Heard): Promise<void> {
  try {
    for await (const chunk of body) heard.add(Buffer.from(chunk));
  } catch {
    // It was closed.
  }
}

function authorization(account: string | undefined, secret: string | undefined): Record<string, string> {
  if (secret === undefined) return {};
  if (account === undefined) return { authorization: `Bearer ${secret}` };
  return { authorization: `Basic ${Buffer.from(`${account}:${secret}`).toString('base64')}` };
}
