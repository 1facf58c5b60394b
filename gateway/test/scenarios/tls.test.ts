import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type RunningGateway, startGateway } from '../../src/app/start-gateway.ts';
import { MetricsRegistry } from '../../src/observability/metrics.ts';

const metrics = new MetricsRegistry();
const log = new MemoryLog();
let dataDir: string;
let gateway: RunningGateway;
let ca: string;
/** The file that programs are given. */
let caFile: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'crosscomm-tls-'));
  const port = { host: '127.0.0.1', port: 0 };
  gateway = await startGateway(
    {
      ...{ dataDir, http: port, oss: port, serial: { autoDetect: false } },
      ...{ oocsi: { ...port, tlsPort: 0 }, mqtt: { ...port, tlsPort: 0 } },
      tls: { auto: true, required: ['oocsi', 'oss'] },
      limits: { handshakeTimeoutMs: 4000 },
    },
    { metrics, log },
  );
  caFile = join(dataDir, 'tls', 'ca.crt');
  ca = await readFile(caFile, 'utf8');
});
afterAll(async () => {
  await gateway.stop();
  await rm(dataDir, { recursive: true, maxRetries: 5 });
});

type Door = 'http' | 'oss' | 'mqtt' | 'mqttTls' | 'oocsi' | 'oocsiTls';

function portOf(door: Door): number {
  return (gateway.doors[door] as { port: number }).port;
}

/** Runs a program with nothing on its standard input; its exit code, and what it printed. */
async function run(program: string, ...given: string[]): Promise<{ code: number; output: string }> {
  const child = spawn(program, given, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

/** Connects by TLS, and is trusted. */
async function secured(door: Door, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: portOf(door), ca, servername: 'localhost', ...options });
  await once(socket, 'secureConnect');
  return socket;
}

function handshakes(listener: string, outcome: string): number {
  const family = metrics.families().find(({ name }) => name === 'crosscomm_tls_handshakes_total');
  const sample = family?.samples().find(({ labels }) => labels.listener === listener && labels.outcome === outcome);
  return sample?.value ?? 0;
}

/** All that comes until the other end closes. */
async function everything(socket: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('the certificate that the gateway makes', () => {
  it.each(['-tls1_2', '-tls1_3'])('satisfies openssl by name and address with %s', async (version) => {
    const at = [
      's_client',
      '-connect',
      `127.0.0.1:${portOf('http')}`,
      '-CAfile',
      caFile,
      '-verify_return_error',
      version,
    ];
    const first = hostname().split('.', 1)[0] as string;
    for (const check of [
      ['-verify_hostname', `${first}.local`],
      ['-verify_hostname', 'localhost'],
      ['-verify_ip', '127.0.0.1'],
    ]) {
      const { code, output } = await run('openssl', ...at, ...check);
      expect(output).toContain('Verify return code: 0 (ok)');
      expect(code).toBe(0);
    }
  });

  it('refuses older versions and suites without forward secrecy, and says so', async () => {
    const at = ['s_client', '-connect', `127.0.0.1:${portOf('mqttTls')}`, '-CAfile', caFile];
    const old = await run('openssl', ...at, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0');
    const weak = await run('openssl', ...at, '-tls1_2', '-cipher', 'AES128-SHA:@SECLEVEL=0');
    expect([old.code, weak.code]).toEqual([1, 1]);
    await vi.waitFor(() => {
      expect(log.lines).toContainEqual(expect.stringContaining('this gateway speaks TLS 1.2 and 1.3'));
      expect(log.lines).toContainEqual(expect.stringContaining('no cipher suite in common'));
    });
  });

  it('is checked by the authority that anyone may fetch without TLS', async () => {
    const answer = await fetch(`http://127.0.0.1:${portOf('http')}/ca.crt`);
    expect(answer.headers.get('content-type')).toBe('application/x-x509-ca-cert');
    expect(await answer.text()).toBe(ca);
  });
});

describe('real programs', () => {
  it('speak HTTP with and without TLS on one port', async () => {
    const url = `//localhost:${portOf('http')}/healthz`;
    const [plain, encrypted, unknown] = await Promise.all([
      run('curl', '-sS', `http:${url}`),
      run('curl', '-sS', '--cacert', caFile, `https:${url}`),
      run('curl', '-sS', `https:${url}`),
    ]);
    expect(plain.code).toBe(0);
    expect(encrypted).toEqual(plain);
    expect(unknown.code).toBe(60);
  });

  it('speak MQTT by TLS, by a port of its own and by WebSocket', async () => {
    const at = ['-h', 'localhost', '-p', String(portOf('mqttTls')), '--cafile', caFile];
    const url = `wss://localhost:${portOf('http')}/mqtt`;
    const [byTls, byWeb] = await Promise.all([
      mqtt.connectAsync(`mqtts://localhost:${portOf('mqttTls')}`, { ca, clientId: 'by-tls' }),
      mqtt.connectAsync(url, { ca, clientId: 'by-web' }),
    ]);
    const heard = [byTls, byWeb].map(async (client): Promise<string> => {
      const [, payload] = await new Promise<[string, Buffer]>((resolve) =>
        client.once('message', (topic, message) => resolve([topic, message])),
      );
      return String(payload);
    });
    await Promise.all([byTls.subscribeAsync('lamp'), byWeb.subscribeAsync('lamp')]);
    expect(await run('mosquitto_pub', ...at, '-t', 'lamp', '-m', 'on', '-q', '1')).toEqual({ code: 0, output: '' });
    expect(await Promise.all(heard)).toEqual(['on', 'on']);
    const reading = run('mosquitto_sub', ...at, '-t', 'room', '-C', '1');
    await vi.waitFor(() => byTls.publishAsync('room', '21', { retain: true }));
    expect(await reading).toEqual({ code: 0, output: '21\n' });
    await Promise.all([byTls.endAsync(), byWeb.endAsync()]);
  });

  it('speak OOCSI by TLS, in Python', async () => {
    const script = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
with socket.create_connection(('localhost', int(sys.argv[2]))) as raw:
    with context.wrap_socket(raw, server_hostname='localhost') as wire:
        wire.sendall(b'python-tls(JSON)\\n')
        print(wire.version(), wire.recv(200).decode().split('\\n')[0])
`;
    const { output } = await run('python3', '-c', script, caFile, String(portOf('oocsiTls')));
    expect(output).toMatch(/^TLSv1.3 .*welcome python-tls/);
  });

  it('speak CrossComm by WebSocket over TLS', async () => {
    const socket = new WebSocket(`wss://localhost:${portOf('http')}`, { ca });
    await once(socket, 'open');
    const login = { msg_id: '1', from_client_id: 'secured', to_client_id: 'server', msg_type: 'login', content: {} };
    socket.send(JSON.stringify({ ...login, timestamp: 0 }));
    const [answer] = (await once(socket, 'message')) as [Buffer];
    expect(String(answer)).toContain('success');
    socket.close();
  });
});

describe('a client without TLS', () => {
  it('is told so where only TLS is taken, and may speak it on the port that it knows', async () => {
    const plain = createConnection(portOf('oocsi'), '127.0.0.1');
    plain.write('lamp(JSON)\n');
    expect(String(await everything(plain))).toBe('error (this server takes TLS only)\n');
    const secret = await secured('oocsi');
    secret.write('lamp(JSON)\n');
    expect(String(((await once(secret, 'data')) as [Buffer])[0])).toContain('welcome');
    secret.destroy();
    const oss = await fetch(`http://127.0.0.1:${portOf('oss')}/`);
    expect([oss.status, await oss.text()]).toEqual([403, expect.stringContaining('takes TLS only')]);
    const encrypted = await run('curl', '-sS', '--cacert', caFile, `https://localhost:${portOf('oss')}/`);
    expect(encrypted.output).toContain('not signed');
  });

  it('is refused in the words of MQTT on the port for TLS', async () => {
    const { code, output } = await run('mosquitto_pub', '-p', String(portOf('mqttTls')), '-t', 'a', '-m', 'b');
    expect([code, output]).toEqual([5, expect.stringContaining('not authorised')]);
  });
});

describe('a session', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is resumed with %s, on another listener too', async (version) => {
    const options = { minVersion: version, maxVersion: version };
    const first = await secured('http', options);
    const session = first.getSession();
    const ticket = version === 'TLSv1.3' ? ((await once(first, 'session')) as [Buffer])[0] : session;
    first.destroy();
    const before = handshakes('mqttTls', 'resumed');
    const second = await secured('mqttTls', { ...options, session: ticket });
    expect(second.isSessionReused()).toBe(true);
    await vi.waitFor(() => expect(handshakes('mqttTls', 'resumed')).toBe(before + 1));
    second.destroy();
  });
});

/** How often a client waits for the gateway until it may send, counted by a proxy between the two. */
async function waits(options: ConnectionOptions): Promise<number> {
  let turns = 0;
  let last = '';
  const note = (from: string): void => {
    if (from === 'gateway' && last === 'client') turns++;
    last = from;
  };
  const proxy = createServer((client) => {
    const server = createConnection(portOf('mqttTls'), '127.0.0.1');
    client.on('data', (chunk) => {
      note('client');
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      note('gateway');
      client.write(chunk);
    });
    for (const each of [client, server]) each.on('error', () => {});
    client.on('close', () => server.destroy());
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost', ...options });
  await once(socket, 'secureConnect');
  const counted = turns;
  socket.resume().end();
  await once(socket, 'close');
  proxy.close();
  return counted;
}

it('saves a client of TLS 1.2 that comes back a round trip', async () => {
  const options = { maxVersion: 'TLSv1.2' } as const;
  const first = await secured('mqttTls', options);
  const session = first.getSession();
  first.destroy();
  expect(await waits(options)).toBe(2);
  expect(await waits({ ...options, session })).toBe(1);
});

it('the addresses say where TLS is the only way', () => {
  const tlsOf = (door: Door): unknown => (gateway.doors[door] as { tls?: string }).tls;
  expect((['mqtt', 'oocsi', 'http', 'oss'] as const).map(tlsOf)).toEqual([
    ...[undefined, 'required', 'accepted', 'required'],
  ]);
});

describe('a handshake', () => {
  it('that is never finished ends, and is counted', async () => {
    const before = handshakes('mqttTls', 'failed');
    const [silent, begun] = [0, 0].map(() => createConnection(portOf('mqttTls'), '127.0.0.1'));
    begun?.write(Buffer.from([22, 3, 1, 0, 200, 1]));
    // They may be reset, by which `once` of node:events would throw.
    const closed = [silent, begun].map(
      (socket) => new Promise((resolve) => socket?.on('error', () => {}).once('close', resolve)),
    );
    await Promise.all(closed);
    expect(handshakes('mqttTls', 'failed')).toBe(before + 1);
    expect(log.lines).toContainEqual(expect.stringContaining('The TLS handshake took longer than'));
  });

  it('with a client that does not trust the gateway is explained', async () => {
    const { code } = await run('curl', '-sS', `https://127.0.0.1:${portOf('http')}/`);
    expect(code).toBe(60);
    await vi.waitFor(() =>
      expect(log.lines).toContainEqual(expect.stringContaining('does not trust the certificate of this gateway')),
    );
  });
});
