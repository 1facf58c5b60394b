import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { afterAll, expect, it } from 'vitest';

const LOGGERS = 4;
const LINES = 40;
const KILLS = 2;

const gateway = new GatewayProcess();
afterAll(() => gateway.dispose());

/** Resolves when the gateway is there again, if it is not. */
let restarting: Promise<unknown> = Promise.resolve();

interface Stored {
  next: number;
  url: string;
}

/** Appends a line, and again until that is answered; what the answer says. */
async function append(logger: string, line: string, position: number): Promise<Stored> {
  for (;;) {
    await restarting;
    const url = `http://127.0.0.1:${gateway.ready.http.port}/objects/cross_comm/${logger}/log?append&position=${position}`;
    try {
      const answer = await fetch(url, { method: 'PUT', body: line });
      const body = await answer.text();
      expect([answer.status, body]).toEqual([position === 0 ? 201 : 200, expect.stringContaining('"next"')]);
      return JSON.parse(body);
    } catch (error) {
      // The gateway was killed meanwhile.
      if (!(error instanceof TypeError)) throw error;
    }
  }
}

it('a gateway that is killed again and again has every line that loggers append, once and in order', async () => {
  await gateway.start();
  let acknowledged = 0;
  let kills = 0;
  const log = async (logger: string): Promise<[string, string]> => {
    let stored: Stored = { next: 0, url: '' };
    let whole = '';
    for (let number = 0; number < LINES; number++) {
      const line = `${logger} ${number} ${'x'.repeat((number * 37) % 300)}\n`;
      const coming = append(logger, line, stored.next);
      if (acknowledged > (kills + 1) * ((LOGGERS * LINES) / (KILLS + 1)) && kills < KILLS) {
        kills++;
        restarting = gateway.kill().then(() => gateway.start());
      }
      stored = await coming;
      acknowledged++;
      whole += line;
      expect(stored.next).toBe(whole.length);
    }
    return [stored.url, whole];
  };
  const logs = await Promise.all(Array.from({ length: LOGGERS }, (_, number) => log(`logger-${number}`)));
  expect(kills).toBe(KILLS);
  for (const [url, whole] of logs) {
    const path = new URL(url);
    const got = await fetch(`http://127.0.0.1:${gateway.ready.http.port}${path.pathname}${path.search}`);
    expect(await got.text()).toBe(whole);
  }
});
