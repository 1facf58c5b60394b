import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { message, startBroker, type TestBroker } from '../../mqtt-engine/support.ts';

let test: TestBroker;
beforeEach(async () => {
  test = await startBroker();
});
afterEach(async () => {
  await test.close();
});

/** Runs a mosquitto client; its exit code and what it printed. */
async function run(program: string, ...given: string[]): Promise<{ code: number; output: string }> {
  const child = spawn(program, ['-h', '127.0.0.1', '-p', String(test.port), ...given]);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

/** Resolves when somebody over here subscribed to the topic. */
async function subscribed(topic: string): Promise<void> {
  while ([...test.broker.egress.subscribers(topic)].length === 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the mosquitto clients', () => {
  it('are installed', () => {
    expect(spawnSync('mosquitto_sub', ['--help']).error).toBeUndefined();
  });

  it.each(['mqttv31', 'mqttv311', 'mqttv5'])('speak with each other and with the hub by %s', async (version) => {
    const python = new MemorySession('python');
    test.house.hub.join(python);
    test.house.hub.subscribe(python, 'led');
    // By QoS 1, as the hub sends: a message of QoS 2 may come after a later one of QoS 1.
    const reading = run('mosquitto_sub', '-V', version, '-t', 'led', '-C', '2', '-q', '1');
    await subscribed('led');
    const writing = await run('mosquitto_pub', '-V', version, '-i', 'mosquitto', '-t', 'led', '-m', 'on', '-q', '2');
    expect(writing).toEqual({ code: 0, output: '' });
    test.house.hub.send(message({ to: 'led', body: 'off' }));
    expect(await reading).toEqual({ code: 0, output: 'on\noff\n' });
    expect(python.received.map(({ from, text }) => `${from}: ${text}`)).toEqual(['mosquitto: on']);
  });

  it('get the retained message, and what waited for a persistent session', async () => {
    await run('mosquitto_pub', '-t', 'room', '-m', '21', '-r', '-q', '1');
    expect(await run('mosquitto_sub', '-t', 'room', '-C', '1')).toEqual({ code: 0, output: '21\n' });
    await run('mosquitto_sub', '-i', 'device', '-c', '-q', '1', '-t', 'led', '-E');
    await run('mosquitto_pub', '-t', 'led', '-m', 'on', '-q', '1');
    const back = await run('mosquitto_sub', '-i', 'device', '-c', '-q', '1', '-t', 'led', '-C', '1');
    expect(back).toEqual({ code: 0, output: 'on\n' });
  });

  it('send thousands of lines and say goodbye, and none is lost', async () => {
    const reading = run('mosquitto_sub', '-t', 'lines', '-C', '5000');
    await subscribed('lines');
    const child = spawn('mosquitto_pub', ['-h', '127.0.0.1', '-p', String(test.port), '-t', 'lines', '-l']);
    const lines = `${Array.from({ length: 5000 }, (_, index) => index).join('\n')}\n`;
    child.stdin.end(lines);
    expect(await reading).toEqual({ code: 0, output: lines });
  });

  it('see that they are refused', async () => {
    test.house.hub.join(new MemorySession('python'));
    expect(await run('mosquitto_pub', '-i', 'python', '-t', 'x', '-m', '')).toEqual({
      code: 2,
      output: expect.stringContaining('identifier rejected'),
    });
    expect((await run('mosquitto_pub', '-V', 'mqttv5', '-i', 'python', '-t', 'x', '-m', '')).output).toMatch(
      /client identifier not valid/i,
    );
    expect((await run('mosquitto_sub', '-i', 'me', '-t', '$direct/other/#', '-W', '30')).output).toMatch(
      /denied|rejected/,
    );
  });
});
