import { buildHouse } from '@crosscomm/testing/test-hub';
import { afterEach, expect, it } from 'vitest';
import type { Pairings } from '../../../src/access/pairing.ts';
import { AnnouncedDevices } from '../../../src/protocols/announced-devices.ts';
import { Flasher, MAX_FIRMWARE_BYTES } from '../../../src/transports/flashing/flasher.ts';
import type { SerialPorts } from '../../../src/transports/listeners.ts';
import { addAccount, bearer } from '../accounts.ts';
import { buildWebHouse, type WebHouse } from '../support.ts';

let house: WebHouse;

afterEach(() => house.app.close());

const HEX = ':100000000C945C000C946E000C946E000C946E00CA\n:00000001FF\n';
const PATH = '/dev/ttyACM0';

/** A gateway with one port, at which a board is that says nothing. */
async function build(): Promise<void> {
  const serial: SerialPorts = {
    list: () => [],
    log: () => undefined,
    set: async () => ({ refused: { code: 'PEER_NOT_FOUND', message: 'There is none.' } }),
    lend: async (port, prepare) => {
      if (port !== PATH) return { refused: { code: 'PEER_NOT_FOUND', message: `There is no ${port}.` } };
      await prepare({ vendorId: '1a86' });
      throw new Error('it is not lent here');
    },
  };
  const flasher = new Flasher({ ...buildHouse(), ports: serial, env: {} });
  const parts = { approve: async () => undefined, devices: new AnnouncedDevices(), logOf: () => undefined };
  house = await buildWebHouse({ boards: { ...parts, serial, flasher, pairings: {} as Pairings } });
}

const post = async (payload: string | Buffer, { port = PATH, query = '', headers = {} } = {}) => {
  const url = `/api/v1/serial/${encodeURIComponent(port)}/flash${query}`;
  return await house.app.inject({ method: 'POST', url, payload, headers });
};

it('refuses what is no firmware, and a board that is not there, before anything is done', async () => {
  await build();
  expect((await post('hello')).json()).toMatchObject({ error: { code: 'PEER_MALFORMED' } });
  expect((await post(HEX, { port: 'nobody' })).json()).toMatchObject({ error: { code: 'PEER_NOT_FOUND' } });
  expect((await post(HEX, { query: '?board=teapot' })).json()).toMatchObject({ error: { code: 'PEER_MALFORMED' } });
  expect((await post(HEX)).json().error.message).toContain('does not tell which board it is');
});

it('says what to install where a program is missing', async () => {
  await build();
  const answer = await post(HEX, { query: '?board=uno' });
  expect(answer.statusCode).toBe(501);
  expect(answer.json().error).toMatchObject({
    code: 'FLASH_TOOL_MISSING',
    message: expect.stringContaining('sudo apt install avrdude'),
  });
});

it('takes files of any content type, and none that is longer than a flash can be', async () => {
  await build();
  const typed = await post(HEX, { headers: { 'content-type': 'application/json' } });
  expect(typed.json().error.message).toContain('does not tell which board it is');
  const answer = await post(Buffer.alloc(MAX_FIRMWARE_BYTES + 1));
  expect(answer.json()).toMatchObject({ error: { code: 'PEER_TOO_LARGE' } });
});

it('is for those alone who may operate', async () => {
  await build();
  const headers = bearer(await addAccount(house, 'lena', { role: 'member' }));
  expect((await post(HEX, { headers })).json()).toMatchObject({ error: { code: 'PEER_NOT_ALLOWED' } });
});
