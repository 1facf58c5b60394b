import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { START_AVAHI, TwoMachines } from '@crosscomm/testing/two-machines';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const CLIENT = new URL('../../../device-sdk/node/dist/index.js', import.meta.url).href;
const SOON = { timeout: 20_000 };
const EVERYWHERE = {
  auth: { anonymous: 'allow' },
  http: { host: '0.0.0.0', port: 0 },
  mqtt: { host: '0.0.0.0', port: 0 },
  oocsi: { host: '0.0.0.0', port: 0 },
};

/** Runs a command of the shell on one of the machines; what it printed. */
function run(machine: readonly string[], command: string): string {
  const [program = '', ...before] = machine;
  const { stdout, stderr, status } = spawnSync(program, [...before, 'sh', '-c', command], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout;
}

/** What avahi knows of a machine's network: `TYPE PORT ADDRESS TXT` of each service that has an IPv4 address there. */
function browse(machine: readonly string[]): string[] {
  return run(machine, 'avahi-browse --all --resolve --terminate --parsable --no-db-lookup')
    .split('\n')
    .map((line) => line.split(';'))
    .filter(([mark, network, family]) => mark === '=' && network === 'lan0' && family === 'IPv4')
    .map(([, , , name = '', type, , host, address, port, txt = '']) =>
      [unescaped(name), type, host, address, port, ...txt.split(' ').sort()].join(' '),
    )
    .sort();
}

/** avahi-browse writes some characters as their code, in three decimal digits. */
function unescaped(name: string): string {
  return name.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number(code)));
}

describe('a gateway on another machine of the network', () => {
  let machines: TwoMachines;
  let gateway: GatewayProcess;
  let ports: Record<'http' | 'mqtt' | 'oocsi', number>;

  const start = async (): Promise<void> => {
    gateway = new GatewayProcess(EVERYWHERE);
    gateway.prefix = machines.pi;
    await gateway.start();
    const { http, mqtt, oocsi } = gateway.ready;
    ports = { http: http.port, mqtt: mqtt.port, oocsi: oocsi.port };
  };
  const services = (): string[] => {
    const of = (type: string, port: number, ...more: string[]): string =>
      ['CrossComm on pi-of-anna', `_${type}._tcp`, 'pi-of-anna.local 10.77.0.1', port, ...more].join(' ');
    const version = '"version=0.1.0"';
    return [
      of('crosscomm', ports.http, '"path=/"', '"tls=no"', version),
      of('http', ports.http, '"path=/"', '"tls=no"', version),
      of('mqtt', ports.mqtt, '"tls=no"', version),
      of('oocsi', ports.oocsi, '"tls=no"', version),
    ];
  };

  beforeAll(async () => {
    machines = await TwoMachines.start();
    run(machines.desk, START_AVAHI);
    await start();
  });
  afterAll(async () => {
    await gateway?.dispose();
    await machines?.dispose();
  });

  test('is seen by avahi with its ports, and found by its host name', async () => {
    await expect.poll(() => browse(machines.desk), SOON).toEqual(services());
    const resolve = (): string => run(machines.desk, 'avahi-resolve --name pi-of-anna.local -4');
    await expect.poll(resolve, SOON).toContain('10.77.0.1');
  });

  test('is found by crosscomm discover, for people and for programs', async () => {
    const command = `"${process.execPath}" "${COMMAND}" discover`;
    // It listens for some seconds, in which a gateway of a busy machine may not have answered.
    let printed = '';
    const discover = (): string => {
      printed = run(machines.desk, command);
      return printed;
    };
    await expect.poll(discover, SOON).toContain('pi-of-anna');
    const [head, row, end] = printed.split('\n');
    expect(head).toMatch(/^NAME +ADDRESS +HOST +TLS +VERSION$/);
    expect(row).toMatch(
      new RegExp(`^CrossComm on pi-of-anna +10\\.77\\.0\\.1:${ports.http} +pi-of-anna\\.local +no +0\\.1\\.0$`),
    );
    expect(end).toBe('');
    await expect
      .poll(() => JSON.parse(run(machines.desk, `${command} --json`)), SOON)
      .toEqual({
        ...{ name: 'CrossComm on pi-of-anna', host: '10.77.0.1', port: ports.http, hostName: 'pi-of-anna.local' },
        ...{ version: '0.1.0', tls: 'no' },
      });
  });

  test('is found by a Node client that says ip: auto', () => {
    const script = `
      const { connect } = await import(${JSON.stringify(CLIENT)});
      const client = await connect({ ip: 'auto', clientId: 'ben' });
      console.log((await client.listClients()).clients.map(({ client_id, clientId }) => client_id ?? clientId).join());
      await client.logout();`;
    expect(
      run(machines.desk, `"${process.execPath}" --input-type=module -e '${script.replaceAll("'", '"')}'`),
    ).toContain('ben');
  });

  test('tells OOCSI’s Java client where it is', async () => {
    const listen = `
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 4448))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack('4s4s', socket.inet_aton('224.0.0.144'), socket.inet_aton('10.77.0.2')))
print(s.recv(256).decode())`;
    expect(run(machines.desk, `timeout 20 python3 -c "${listen}"`)).toBe(`OOCSI@10.77.0.1:${ports.oocsi}\n`);
  });

  test('a second one has another name, and a goodbye is heard', async () => {
    const second = new GatewayProcess(EVERYWHERE);
    second.prefix = machines.pi;
    await second.start();
    const names = () => new Set(browse(machines.desk).map((line) => line.split(' _', 1)[0]));
    await expect.poll(names, SOON).toEqual(new Set(['CrossComm on pi-of-anna', 'CrossComm on pi-of-anna (2)']));
    await second.stop();
    await expect.poll(names, SOON).toEqual(new Set(['CrossComm on pi-of-anna']));
    await second.dispose();
  });

  test('is announced by avahi where that runs', async () => {
    await gateway.stop();
    run(machines.pi, START_AVAHI);
    await start();
    await expect.poll(() => browse(machines.desk), SOON).toEqual(services());
    await gateway.stop();
    await expect.poll(() => browse(machines.desk), SOON).toEqual([]);
  });
});
