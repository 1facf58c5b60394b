import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptedCrossComm } from '../support/scripted-crosscomm.ts';
import { TestShell } from '../support/test-shell.ts';

let gateway: ScriptedCrossComm;
beforeEach(async () => {
  gateway = await ScriptedCrossComm.open();
});
afterEach(() => gateway.close());

async function send(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const shell = new TestShell({ env: { CROSSCOMM_URL: gateway.url } });
  const code = await shell.run('send', ...argv);
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

describe('crosscomm send', () => {
  it('sends text as text, and waits until the gateway has it', async () => {
    expect(await send('lights', 'on "now"')).toEqual({ code: 0, out: 'Sent to lights as a text.\n', err: '' });
    expect(gateway.received.map(({ msg_type }) => msg_type)).toEqual(['login', 'text', 'list_clients', 'logout']);
    expect(gateway.received[1]).toMatchObject({ to_client_id: 'lights', content: 'on "now"' });
    expect(gateway.received[1]?.from_client_id).toMatch(/^cli-[0-9a-f]{8}$/);
  });

  it('sends an object as a dict, its numbers as they were written', async () => {
    expect((await send('lights', ' {"level": 1.0, "id": 9007199254740993} ')).code).toBe(0);
    expect(gateway.received[1]).toMatchObject({ msg_type: 'dict' });
    expect(gateway.texts[1]).toContain('{"level": 1.0, "id": 9007199254740993}');
  });

  it.each(['5', '[1]', '"x"', '{"a":', 'null'])('sends %s, which is no object, as text', async (text) => {
    expect((await send('lights', text)).code).toBe(0);
    expect(gateway.received[1]).toMatchObject({ msg_type: 'text', content: text });
  });

  it('says what it sent in one line of JSON', async () => {
    const { out } = await send('lights', '{}', '--from', 'me', '--json');
    expect(JSON.parse(out)).toMatchObject({ event: 'sent', from: 'me', to: 'lights', kind: 'dict' });
  });

  it('does not throw out a client whose name it is to use', async () => {
    gateway.clients = { robot: 'online' };
    const { code, err } = await send('lights', 'on', '--from', 'robot');
    expect(code).toBe(1);
    expect(err).toContain('The name robot is in use');
    expect(gateway.received.map(({ msg_type }) => msg_type)).toEqual(['list_clients', 'logout']);
  });

  it('tells when the client it wrote to is offline', async () => {
    gateway.clients = { robot: 'offline' };
    const { code, err } = await send('robot', 'on');
    expect(code).toBe(0);
    expect(err).toContain('The client robot is offline');
  });

  it('refuses what CrossComm cannot carry', async () => {
    expect(await send('lights', 'x'.repeat(1024 * 1024))).toMatchObject({
      code: 1,
      err: expect.stringContaining('at most 1 MiB. [PEER_TOO_LARGE]'),
    });
  });

  it('passes on why the gateway will not have it', async () => {
    gateway.refusal = 'wrong password';
    expect(await send('lights', 'on', '--from', 'anna')).toEqual({
      code: 1,
      out: '',
      err: 'crosscomm: The gateway will not have anna: wrong password. [PEER_NOT_ALLOWED]\n',
    });
  });
});

describe('a gateway that is not there', () => {
  it('is told in one sentence that says what to do, with exit code 1', async () => {
    await gateway.close();
    const { code, err } = await send('lights', 'on', '--url', gateway.url.replace('://', '://anna:hunter2@'));
    expect(code).toBe(1);
    expect(err).not.toContain('hunter2');
    expect(err).toMatch(/^crosscomm: No gateway answers at .* \(nothing listens there\): start one with .*\n$/);
    expect(err).toContain('[GATEWAY_UNREACHABLE]');
  });

  it.each(['ftp://here', 'a b', 'ws://'])('is not one where the address is none: %s', async (url) => {
    const { code, err } = await send('lights', 'on', '--url', url);
    expect(code).toBe(2);
    expect(err).toContain(`"${url}" is not the address of a gateway`);
  });

  it('is found by any way of writing its address', async () => {
    const host = gateway.url.replace('ws://', '');
    for (const url of [host, `http://${host}/`, `WS://${host}`]) {
      expect((await send('lights', 'on', '--url', url)).code).toBe(0);
    }
  });
});
