import { CODES, decodeFrame, encodeFrame, type Frame, FrameClient, type FrameInit } from '@crosscomm/protocol';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { describe, expect, it } from 'vitest';

const TOKEN = 'vN3kQ8wZ1xY7bC5dE2fG4hJ6kL9mP0rS';
const WELCOME = {
  type: 'welcome',
  version: 1,
  session: 9,
  lastSeq: 0,
  serverTime: 0,
  timeTrusted: false,
  limits: { maxFrame: 1024, window: 4096, maxAliases: 64, maxKeys: 128 },
} as const;

/** A client that a test is the gateway of; `memory` has its token. */
function party(code?: string, store?: (token: string) => void | Promise<void>) {
  const clock = new FakeClock();
  const memory: { token: string | undefined } = { token: undefined };
  const heard: Frame[] = [];
  const errors: number[] = [];
  const client = new FrameClient(
    {
      deviceId: 'd',
      clock: { now: () => clock.now(), after: (delayMs, run) => clock.after(delayMs, run) },
      random: () => 0.5,
      pairing: {
        memory: {
          load: () => memory.token,
          store: (token) => {
            memory.token = token;
            return store?.(token);
          },
        },
        ...(code === undefined ? {} : { code }),
      },
    },
    { error: ({ code: number }) => errors.push(number) },
  );
  const connect = () => client.linkUp({ send: (frame) => heard.push(decodeFrame(frame)) > 0, close: () => {} });
  const say = async (frame: FrameInit) => {
    client.receive(encodeFrame(frame));
    // What is stored is told of a little later.
    await new Promise((resolve) => setImmediate(resolve));
  };
  const hellos = () =>
    heard.flatMap((frame) => (frame.type === 'hello' ? [[frame.password, frame.storesTokens === true]] : []));
  return { clock, client, memory, heard, errors, connect, say, hellos };
}

const refusal: FrameInit = { type: 'error', code: CODES.credentials };

describe('a client that is to be paired', () => {
  it('comes with its code, stores the token that it is offered, answers, and comes with the token', async () => {
    const { client, connect, heard, hellos, memory, say } = party('493817');
    connect();
    await say(WELCOME);
    await say({ type: 'token', n: 3, token: TOKEN });
    expect(memory.token).toBe(TOKEN);
    expect(heard).toContainEqual({ type: 'token', n: 3, token: null, code: 0 });
    expect(hellos()).toEqual([
      ['pair:493817', true],
      [TOKEN, true],
    ]);
    await say({ ...WELCOME, resumed: true });
    expect(client.state).toBe('online');
  });

  it('says that it can store a token, where it has neither a token nor a code', () => {
    const { connect, hellos } = party();
    connect();
    expect(hellos()).toEqual([[null, true]]);
  });

  it('comes with its token where it has one, and with the code at once where that is refused', async () => {
    const { connect, errors, hellos, memory, say } = party('493817');
    memory.token = TOKEN;
    connect();
    await say(refusal);
    expect(errors).toEqual([]);
    await say(refusal);
    expect(errors).toEqual([CODES.credentials]);
    expect(hellos()).toEqual([
      [TOKEN, true],
      ['pair:493817', true],
    ]);
  });

  it('does not try a code again that was refused', async () => {
    const { clock, connect, hellos, say } = party('493817');
    connect();
    await say(refusal);
    clock.advance(31_000);
    expect(hellos().slice(0, 2)).toEqual([
      ['pair:493817', true],
      [null, true],
    ]);
  });

  it('says so where it cannot store the token, and goes on as it is', async () => {
    const { client, connect, heard, say } = party('493817', () => Promise.reject(new Error('full')));
    connect();
    await say(WELCOME);
    await say({ type: 'token', n: 3, token: TOKEN });
    expect(heard).toContainEqual({ type: 'token', n: 3, token: null, code: CODES.storage_full });
    expect(client.state).toBe('online');
  });
});
