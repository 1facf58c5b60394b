import { ScriptedCrossComm } from '@crosscomm/testing/scripted-crosscomm';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

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
    expect(await send('lights', 'on "now"')).toEqual({ code: 0, out: 'Sent to lights.\n', err: '' });
    await gateway.frames(5);
    expect(gateway.received.map(({ msg_type }) => msg_type)).toEqual([
      'login',
      'dict',
      'text',
      'list_clients',
      'logout',
    ]);
    expect(gateway.received[2]).toMatchObject({ to_client_id: 'lights', content: 'on "now"' });
    expect(gateway.received[2]?.from_client_id).toMatch(/^cli-[0-9a-f]{6}$/);
  });

  it('sends an object as a dict, its numbers as they were written', async () => {
    expect((await send('lights', ' {"level": 1.0, "id": 9007199254740993} ')).code).toBe(0);
    expect(gateway.received[2]).toMatchObject({ msg_type: 'dict' });
    expect(gateway.texts[2]).toContain('{"level": 1.0, "id": 9007199254740993}');
  });

  it.each(['5', '[1]', '"x"', '{"a":', 'null'])('sends %s, which is no object, as text', async (text) => {
    expect((await send('lights', text)).code).toBe(0);
    expect(gateway.received[2]).toMatchObject({ msg_type: 'text', content: text });
  });

  it.each([
    [{ delivered: 0, refused: 0, reason: 'no_recipient' }, 'Sent to lights; nobody listens to it.'],
    [{ delivered: 2, refused: 0, reason: null }, 'Sent to lights: 2 heard it.'],
    [
      { delivered: 2, refused: 1, reason: 'queue_full' },
      'Sent to lights: 2 heard it, 1 could not (it does not read fast enough).',
    ],
    [
      { delivered: 0, refused: 1, reason: 'too_large' },
      'Sent to lights: nobody heard it, 1 could not (its protocol does not carry so much).',
    ],
  ])('says how many heard it, by the receipt %j', async (receipt, sentence) => {
    gateway.receipt = receipt;
    expect(await send('lights', 'on')).toEqual({ code: 0, out: `${sentence}\n`, err: '' });
    expect(JSON.parse((await send('lights', 'on', '--json')).out)).toMatchObject(receipt);
  });

  it.each([
    ['not_allowed', 'PEER_NOT_ALLOWED'],
    ['bad_name', 'PEER_BAD_NAME'],
  ])('fails where the gateway does not take the message: %s', async (reason, code) => {
    gateway.receipt = { delivered: 0, refused: 0, reason };
    expect(await send('presence(x)', 'on')).toMatchObject({ code: 1, err: expect.stringContaining(`[${code}]`) });
  });

  it.each(['', '#', '+', 'a/#', 'a/+/b', 'a/#/b', 'a\nb', 'x'.repeat(1025)])(
    'does not send to "%s", where no message can go',
    async (channel) => {
      const { code, err } = await send(channel, 'on');
      expect(code).toBe(2);
      expect(err).toMatch(/^crosscomm: ".*" cannot be used here: .*\. \[CALL_INVALID\]\n$/);
      expect(gateway.received).toEqual([]);
    },
  );

  it.each(['a#', 'C++', 'sensors/room+1'])(
    'sends to %s, where a sign of patterns is part of a name',
    async (channel) => {
      expect(await send(channel, 'on')).toMatchObject({ code: 0, err: '' });
    },
  );

  it.each(['', 'server', 'a\tb'])('does not send under the name "%s", which nobody can have', async (from) => {
    expect(await send('lights', 'on', '--from', from)).toMatchObject({
      code: 2,
      err: expect.stringContaining('[CALL_INVALID]'),
    });
  });

  it('warns of a text that was to be JSON and is none', async () => {
    const { code, out, err } = await send('lights', '{led: 1}');
    expect([code, out]).toEqual([0, 'Sent to lights.\n']);
    expect(err).toContain('The text begins with { and is not JSON, so it was sent as text');
    expect(err).toContain(`'{"led": 1}'`);
    expect((await send('lights', '[led: 1]')).err).toBe('');
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
    await gateway.frames(2);
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
    gateway.refusal = 'it needs a user name and a password, or a token';
    expect(await send('lights', 'on', '--from', 'anna')).toMatchObject({
      err: expect.stringContaining("or a token. Put an account's token into CROSSCOMM_TOKEN. [PEER_NOT_ALLOWED]"),
    });
  });
});

describe('a gateway that is not there', () => {
  it('is told in one sentence that says what to do, with exit code 2', async () => {
    await gateway.close();
    const { code, err } = await send('lights', 'on', '--url', gateway.url.replace('://', '://anna:hunter2@'));
    expect(code).toBe(2);
    expect(err).not.toContain('hunter2');
    expect(err).toMatch(/^crosscomm: No gateway answers at .* \(nothing listens there\): start one with .*\n$/);
    expect(err).toContain('[GATEWAY_UNREACHABLE]');
  });

  it('may be a gateway whose port was left out of a URL, and the hint says so', async () => {
    const { code, err } = await send('lights', 'on', '--url', 'ws://127.0.0.1');
    expect(code).toBe(2);
    expect(err).toContain("This is port 80; a gateway's own is 9898: --url 127.0.0.1.");
  });

  it.each(['ftp://here', 'a b', 'ws://', '9898'])('is not one where the address is none: %s', async (url) => {
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
