import { PairingScreen } from '@crosscomm/testing/pairing-screen';
import { Place } from '@crosscomm/testing/place';
import type { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** Python takes two seconds to start; on a machine that runs everything else at once, many. */
const LIMIT_MS = 60_000;
const place = new Place();
const programs: Program[] = [];

beforeAll(async () => {
  await place.start({ auth: { anonymous: 'deny' } });
});
afterAll(async () => {
  await Promise.all(programs.map((program) => program.stop()));
  await place.dispose();
});

async function run(agent: Parameters<typeof startPython>[1]): Promise<Program> {
  const program = startPython(agent, agent);
  programs.push(program);
  await program.take('started', {}, LIMIT_MS);
  return program;
}

test(
  'unmodified pywayne is paired by a code in ip, and the screen shows the token to write there',
  async () => {
    const { screen, code } = await PairingScreen.open(place.dataDir);
    const program = await run('pywayne_agent.py');
    const login = async (secret: string, status: string): Promise<void> => {
      const { port } = place.listeners.http;
      const address = { host: `desk:${secret}@127.0.0.1`, port, store: place.folder, downloads: place.folder };
      program.command({ do: 'login', client_id: 'desk', ...address });
      await program.take('message', { type: 'login_response', content: { status } }, LIMIT_MS);
      if (status === 'success') program.command({ do: 'logout' });
    };
    await login('pair:12', 'error');
    await login(`pair:${code}`, 'success');
    expect(await screen.next()).toMatchObject({ event: 'joined', id: 'desk', protocol: 'crosscomm', account: 'desk' });
    const { event, token } = await screen.next();
    expect(event).toBe('token');
    // As an address has it; the code is good until the token was used.
    await login(`pair%3A${code}`, 'success');
    await login(token ?? '', 'success');
    expect(await screen.next()).toMatchObject({ event: 'paired', id: 'desk' });
    await login(`pair:${code}`, 'error');
    expect(await screen.done).toBe(0);
  },
  LIMIT_MS,
);

test(
  'the unmodified oocsi package is paired by a code in its handle, and the screen shows the token to write there',
  async () => {
    const { screen, code } = await PairingScreen.open(place.dataDir);
    const connect = async (handle: string): Promise<Program> => {
      const program = await run('oocsi_agent.py');
      const { host, port } = place.listeners.oocsi;
      program.command({ do: 'connect', handle, host, port });
      await program.take('connected', { handle }, LIMIT_MS);
      return program;
    };
    const first = await connect(`chair:pair:${code}`);
    expect(await screen.next()).toMatchObject({ event: 'joined', id: 'chair', protocol: 'oocsi', account: 'chair' });
    const { token } = await screen.next();
    await first.stop();
    await connect(`chair:${token}`);
    expect(await screen.next()).toMatchObject({ event: 'paired', id: 'chair' });
  },
  LIMIT_MS,
);
