import { type AddressInfo, createServer, type Socket } from 'node:net';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { TestShell } from '@crosscomm/testing/test-shell';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/app/config.ts';
import { createGateway } from '../../src/app/gateway.ts';
import type { Listeners } from '../../src/app/listeners.ts';
import { unreachable } from '../../src/cli/unreachable.ts';
import { silentLog } from '../../src/common/log.ts';

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const OWN_MACHINE_ONLY =
  'By itself a gateway listens on its own machine only: "http: {host: 0.0.0.0}" in its crosscomm.yaml lets others in.';

describe('an address where no gateway answers', () => {
  it.each(['ws://192.168.1.10:9898', 'ws://raspberrypi.local:9898', 'http://[fd00::5]:9898'])(
    'may be a gateway that listens on its own machine only: %s',
    (url) => {
      const { message } = unreachable({}, url, { cause: refused });
      expect(message).toContain('(nothing listens there): start one there with "crosscomm start"');
      expect(message).toContain(OWN_MACHINE_ONLY);
      expect(unreachable({}, url, { reason: 'nothing listens there' }).message).toContain(OWN_MACHINE_ONLY);
    },
  );

  it.each(['ws://127.0.0.1:9898', 'ws://localhost:9898', 'http://[::1]:9898'])(
    'is no such where it is this machine: %s',
    (url) => {
      const { message } = unreachable({}, url, { cause: refused });
      expect(message).toMatch(
        /\(nothing listens there\): start one with "crosscomm start", or name another with --url\.$/,
      );
    },
  );

  it('says why of a request, as of a WebSocket', () => {
    const cause = new TypeError('fetch failed', { cause: refused });
    expect(unreachable({}, 'http://pi.local:9898', { cause }).message).toContain('(nothing listens there)');
  });
});

describe('a port of another protocol', () => {
  async function started(): Promise<Listeners> {
    const anyPort = { host: '127.0.0.1', port: 0 };
    const dataDir = await temporaryFolder();
    const serial = { autoDetect: false };
    const config = configSchema.parse({ dataDir, http: anyPort, oocsi: anyPort, mqtt: anyPort, oss: anyPort, serial });
    const gateway = createGateway(config, { log: silentLog });
    onTestFinished(() => gateway.stop());
    return gateway.start();
  }

  async function answer(port: number, ...call: string[]): Promise<string> {
    const shell = new TestShell();
    expect(await shell.run(...call, '--url', `localhost:${port}`)).toBe(2);
    return shell.stderr.text;
  }

  it.each(['mqtt', 'oocsi'] as const)('is told where the address is that of %s', async (protocol) => {
    const { port } = (await started())[protocol];
    for (const call of [
      ['send', 'lights', 'on'],
      ['uploads', 'list'],
    ]) {
      const text = await answer(port, ...call);
      expect(text).toContain('(what is there does not answer in HTTP)');
      expect(text).toContain(
        `Port ${port} is perhaps a gateway's for MQTT or OOCSI; the one for HTTP and CrossComm is 9898: --url localhost.`,
      );
    }
  });

  it('is named where the number is the usual one', () => {
    const cause = new Error('socket hang up');
    const hintOf = (port: number) => unreachable({}, `ws://pi.local:${port}`, { cause }).message;
    expect(hintOf(1883)).toContain("Port 1883 is perhaps a gateway's for MQTT;");
    expect(hintOf(4444)).toContain("Port 4444 is perhaps a gateway's for OOCSI;");
    expect(hintOf(9898)).not.toContain('perhaps');
  });

  it('may be that of a program that only greets', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      socket.write('220 mail.example.org ready\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    expect(await answer((server.address() as AddressInfo).port, 'send', 'lights', 'on')).toContain(
      'does not answer in HTTP',
    );
  });
});
