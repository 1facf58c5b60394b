import { stripVTControlCharacters } from 'node:util';
import { ScriptedCrossComm } from '@crosscomm/testing/scripted-crosscomm';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { widthOf } from '../../src/cli/text.ts';

let gateway: ScriptedCrossComm;
beforeEach(async () => {
  gateway = await ScriptedCrossComm.open();
});
afterEach(() => gateway.close());

/** Starts to listen; resolves once the gateway has the subscription. */
async function listen(...argv: string[]): Promise<{ shell: TestShell; code: Promise<number> }> {
  const shell = new TestShell({ env: { CROSSCOMM_URL: gateway.url }, terminal: true });
  const listening = new Promise((resolve) => shell.stderr.once('line', resolve));
  const code = shell.run('listen', ...argv);
  if (!argv.includes('--json')) await listening;
  return { shell, code };
}

const plain = (text: string) => stripVTControlCharacters(text);

describe('crosscomm listen', () => {
  it('subscribes to everything, or to the channels it was given', async () => {
    const { shell, code } = await listen();
    shell.interrupt();
    expect(await code).toBe(0);
    expect(gateway.received[2]).toMatchObject({
      to_client_id: 'server',
      msg_type: 'dict',
      content: { subscribe: ['#'] },
    });
    const some = await listen('temperature', 'a/+');
    some.shell.interrupt();
    await some.code;
    expect(gateway.received.filter(({ msg_type }) => msg_type === 'dict')[3]?.content).toEqual({
      subscribe: ['temperature', 'a/+'],
    });
  });

  it('shows messages in columns, one line each, whoever wrote them', async () => {
    const { shell, code } = await listen();
    gateway.deliver('uno', 'temperature', 'dict', '{"value": 21.50}');
    gateway.deliver('someone', 'all', 'text', JSON.stringify('a\nb \u001b[2J\u202e'));
    const lines = (await shell.lines(2)).map((line) => plain(line).replace(/^\d\d:\d\d:20\.250/, 'TIME'));
    expect(lines).toEqual([
      'TIME  uno      -> temperature  dict  {"value": 21.50}',
      'TIME  someone  -> all          text  a\\nb \\u001b[2J\\u202e',
    ]);
    shell.interrupt();
    expect(await code).toBe(0);
  });

  it('shows of what arrives only the channels it was asked for', async () => {
    const { shell, code } = await listen('a/+', 'b');
    for (const channel of ['all', 'a/b', 'a/b/c', 'b']) gateway.deliver('x', channel, 'text', '"hello"');
    expect((await shell.lines(2)).map((line) => / -> (\S+)/.exec(plain(line))?.[1])).toEqual(['a/b', 'b']);
    shell.interrupt();
    await code;
  });

  it('gives a line of JSON for each message, its numbers as they came', async () => {
    const { shell, code } = await listen('--json');
    await gateway.frames(4);
    gateway.deliver('uno', 'temperature', 'dict', '{"value": 1.0}');
    gateway.deliver('py', 'temperature', 'dict', '{"value": NaN}');
    gateway.deliver('py', 'temperature', 'json', JSON.stringify('[1.0, 2]'));
    gateway.push('this is no frame');
    gateway.deliver('py', 'temperature', 'text', '"5"');
    const lines = await shell.lines(4);
    expect(lines[0]).toContain('"content":{"value": 1.0}');
    expect(lines.map((line) => JSON.parse(line).content)).toEqual([{ value: 1 }, '{"value": NaN}', [1, 2], '5']);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      from: 'uno',
      to: 'temperature',
      kind: 'dict',
      object_key: null,
    });
    shell.interrupt();
    await code;
  });

  it('stops reading while its own reader is slow', async () => {
    const { shell, code } = await listen();
    shell.stdout.full = true;
    gateway.deliver('uno', 'a', 'text', '"one"');
    await shell.lines(1);
    gateway.deliver('uno', 'a', 'text', '"two"');
    shell.stdout.full = false;
    shell.stdout.emit('drain');
    expect(await shell.lines(2)).toHaveLength(2);
    shell.interrupt();
    await code;
  });

  it('ends as ever where the gateway goes while its reader is slow', async () => {
    const { shell, code } = await listen();
    shell.stdout.full = true;
    gateway.deliver('uno', 'a', 'text', '"one"');
    await shell.lines(1);
    await gateway.close();
    shell.stdout.emit('drain');
    expect(await code).toBe(2);
    shell.stdout.emit('drain');
    expect(shell.stderr.text).toMatch(/closed the connection: code 1006\. \[GATEWAY_UNREACHABLE\]\n$/);
  });

  it('keeps its columns where names are long, and cuts them on a terminal alone', async () => {
    const id = 'aedes_3f2a1b9c-7d1e-4c55-9a51-0123456789ab';
    const topic = '厨房/传感器/温度/第一个很长的名字';
    const { shell, code } = await listen();
    gateway.deliver(id, topic, 'text', '"one"');
    gateway.deliver('uno', 'a', 'text', '"two"');
    const [one = '', two = ''] = (await shell.lines(2)).map(plain);
    expect(one).toMatch(/ {2}aedes_3f2…456789ab -> 厨房\/传感…长的名字 +text {2}one$/);
    expect(widthOf(one.slice(0, one.indexOf('text')))).toBe(two.indexOf('text'));
    shell.interrupt();
    await code;
    const piped = new TestShell({ env: { CROSSCOMM_URL: gateway.url } });
    const ended = piped.run('listen');
    await gateway.frames(9);
    gateway.deliver(id, topic, 'text', '"one"');
    expect((await piped.lines(1))[0]).toContain(`${id} -> ${topic} `);
    piped.interrupt();
    await ended;
  });

  it('shows what comes by a channel with a password, or with functions', async () => {
    const { shell, code } = await listen('club:secret', 'level[filter(x>1)]');
    gateway.deliver('x', 'club', 'text', '"psst"');
    gateway.deliver('x', 'level', 'dict', '{"x": 2}');
    expect(await shell.lines(2)).toHaveLength(2);
    shell.interrupt();
    await code;
  });

  it.each(['', 'a/#/b', '#/a', ':secret', 'a[b', 'a\u0000b', Array(102).fill('+').join('/')])(
    'does not listen to "%s", where nothing can come from',
    async (channel) => {
      const shell = new TestShell({ env: { CROSSCOMM_URL: gateway.url } });
      expect(await shell.run('listen', 'temperature', channel)).toBe(2);
      expect(shell.stderr.text).toMatch(/^crosscomm: ".*" cannot be used here: .*\. \[CALL_INVALID\]\n$/);
      expect(gateway.received).toEqual([]);
    },
  );

  it.each([
    ['lamp#', '"lamp#" is one name: + and # stand for others only between slashes'],
    ['a/b+/c:pass+word', '"a/b+/c" is one name'],
  ])('says of %s that its sign is no wildcard', async (channel, hint) => {
    const { shell, code } = await listen(channel);
    expect(plain(shell.stderr.text).replaceAll(/\s+/g, ' ')).toContain(hint);
    shell.interrupt();
    expect(await code).toBe(0);
    const usual = await listen('lamp/#', '+', 'club:pass+word');
    expect(usual.shell.stderr.text).not.toContain('is one name');
    usual.shell.interrupt();
    await usual.code;
  });

  it('says at once where the gateway does not let it listen', async () => {
    gateway.receipt = { delivered: 0, refused: 1, reason: 'not_allowed' };
    const shell = new TestShell({ env: { CROSSCOMM_URL: gateway.url } });
    expect(await shell.run('listen', 'club:wrong')).toBe(1);
    expect(shell.stderr.text).toMatch(/does not let you listen to club: it is private.* \[PEER_NOT_ALLOWED\]\n$/);
  });

  it('says when the gateway has gone, with exit code 2', async () => {
    const { shell, code } = await listen();
    gateway.hangUp('going to sleep');
    expect(await code).toBe(2);
    expect(shell.stderr.text).toMatch(/closed the connection: going to sleep\. \[GATEWAY_UNREACHABLE\]/);
  });
});
