import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';
import { ownPort } from '@crosscomm/testing/own-port';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { TestShell } from '@crosscomm/testing/test-shell';
import { Command } from 'commander';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { configForm } from '../../src/app/config.ts';
import { createGateway, type Gateway } from '../../src/app/gateway.ts';
import type { Listeners } from '../../src/app/listeners.ts';
import { protocols, traitsTable } from '../../src/app/protocols.ts';
import { startGateway } from '../../src/app/start-gateway.ts';
import { addConfigFlags } from '../../src/cli/flags.ts';
import { readyLine, readyTable } from '../../src/cli/ready.ts';
import { silentLog } from '../../src/common/log.ts';
import { ConfigForm } from '../../src/config/form.ts';
import { checkConfig, parseConfigText } from '../../src/config/load.ts';
import { keptBytesOf } from '../../src/config/section.ts';
import type { ProtocolDefinition } from '../../src/protocols/contract.ts';
import { EXAMPLE, missingInExample } from '../config/example-keys.ts';
import { makeShout } from './fake-protocol.ts';

const shout = makeShout();
const form = new ConfigForm([...configForm.sections, shout.section as NonNullable<typeof shout.section>]);

interface House {
  gateway: Gateway;
  listeners: Listeners;
  /** The steps of its life that the protocol was told of. */
  steps: string[];
  definitions: readonly ProtocolDefinition[];
  config: ReturnType<typeof form.schema.parse>;
}

/** A gateway that speaks one protocol more than it does. */
async function open(settings: object = { port: 0 }): Promise<House> {
  const at = { host: '127.0.0.1', port: 0 };
  const config = form.schema.parse({
    dataDir: await temporaryFolder(),
    http: at,
    oocsi: at,
    mqtt: at,
    oss: at,
    serial: { autoDetect: false },
    shout: settings,
  });
  const steps: string[] = [];
  const definitions = [...protocols, makeShout(steps)];
  const gateway = createGateway(config, { log: silentLog, protocols: definitions });
  const listeners = await gateway.start();
  onTestFinished(() => gateway.stop());
  return { gateway, listeners, steps, definitions, config };
}

const addressOf = ({ shout }: Listeners): { host: string; port: number } => shout as { host: string; port: number };
const get = async ({ http }: Listeners, path: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${http.port}${path}`);

describe('a protocol that is added to the list', () => {
  it('has its section in the configuration, between those of others, with the checks that all listeners have', () => {
    expect(parseConfigText(form, 'shout: {port: 7}', 'x.yaml', '/').shout).toEqual({ host: '127.0.0.1', port: 7 });
    const keys = Object.keys(form.root.properties ?? {});
    expect(keys.slice(keys.indexOf('serial'), keys.indexOf('objects') + 1)).toEqual(['serial', 'shout', 'objects']);
    const failure = (yaml: string) => () => parseConfigText(form, yaml, 'x.yaml', '/');
    expect(failure('shout: {prot: 7}')).toThrow('shout.prot is not a known key; did you mean shout.port?');
    expect(failure('shout: {port: 1883}')).toThrow('shout.port is 1883, as mqtt.port is');
    expect(failure('shout: {host: 0.0.0.0, port: 7}')).toThrow('shout.host is 0.0.0.0, which other machines can reach');
    expect(failure('shout: {host: 0.0.0.0}')).not.toThrow();
  });

  it('has its flags, with their help', () => {
    const command = new Command('start');
    addConfigFlags(command, form);
    const flag = command.options.find(({ long }) => long === '--shout-port');
    expect(flag).toMatchObject({
      description: 'port for shouting; closed where left out',
      helpGroupHeading: 'shout: shouting',
    });
  });

  it('is missed in the example configuration until its keys are explained there', () => {
    expect(missingInExample(form)).toEqual(['shout.host', 'shout.port']);
    expect(checkConfig(form, EXAMPLE, '/')).toEqual([]);
  });

  it('has its room on a disk that is full of files, and its traits', () => {
    const config = form.schema.parse({});
    expect(keptBytesOf(form.sections, config) - keptBytesOf(configForm.sections, config)).toBe(1000);
    expect(traitsTable([...protocols, shout]).get('shout')).toEqual({ isBrief: true });
  });

  it('is told of each step of the start in its order, and undone at the stop', async () => {
    const { gateway, steps } = await open();
    const started = ['start', 'restore', 'restored', 'listen', 'opened'];
    expect(steps).toEqual(started);
    await gateway.stop();
    expect(steps).toEqual([...started, 'undone']);
  });

  it('is in the table at start, in the line for programs and in /status, after the others that listen', async () => {
    const { listeners, config, definitions } = await open();
    const { host, port } = addressOf(listeners);
    expect(Object.keys(listeners)).toEqual(['http', 'oocsi', 'mqtt', 'shout', 'pages', 'oss', 'serial']);
    expect(JSON.parse(readyLine(listeners))).toMatchObject({ event: 'ready', shout: { host, port } });
    const { doors } = (await (await get(listeners, '/status')).json()) as { doors: object };
    expect(doors).toMatchObject({ shout: { host, port } });
    const table = await readyTable(listeners, config, new TestShell().shell, definitions);
    const rows = table.map((line) => line.trim().split(/ {2,}/));
    expect(rows).toContainEqual(['Shout', `127.0.0.1:${port}`, 'people far away']);
  });

  it('has an entry on the page', async () => {
    const { listeners } = await open();
    const { guides } = (await (await get(listeners, '/api/v1/guides')).json()) as { guides: object[] };
    expect(guides).toContainEqual({
      label: 'Shout',
      title: 'Shout (people far away)',
      ways: [{ listener: 'shout', standardPort: 5000, who: 'people far away' }],
    });
  });

  it('is nowhere to be seen where the configuration keeps it closed', async () => {
    const { listeners, config, definitions } = await open({});
    expect(listeners).not.toHaveProperty('shout');
    expect(readyLine(listeners)).not.toContain('shout');
    const table = await readyTable(listeners, config, new TestShell().shell, definitions);
    expect(table.join('\n')).not.toContain('Shout');
  });

  it('gets the connections of its port, of its UDP port and of its path', async () => {
    const { listeners } = await open();
    const { port } = addressOf(listeners);
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.end('by tcp\n');
    expect(await text(socket)).toBe('BY TCP\n');

    const udp = createSocket('udp4');
    udp.send('by udp', port, '127.0.0.1');
    const [packet] = (await once(udp, 'message')) as [Buffer];
    udp.close();
    expect(packet.toString()).toBe('BY UDP');

    const client = new WebSocket(`ws://127.0.0.1:${listeners.http.port}/shout`);
    await once(client, 'open');
    client.send('by WebSocket');
    const [message] = (await once(client, 'message')) as [Buffer];
    client.close();
    expect(message.toString()).toBe('BY WEBSOCKET');
  });

  it('has its connections ended, and its ports closed, when the gateway stops', async () => {
    // Nobody else is given this port while the test finds nobody there.
    const { gateway, listeners, steps } = await open({ port: ownPort() });
    const { port } = addressOf(listeners);
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.write('here\n');
    await once(socket, 'data');
    const ended = once(socket, 'end');
    await Promise.all([gateway.stop(), ended]);
    expect(steps.filter((step) => step === 'disconnected')).toHaveLength(1);
    const again = createConnection({ host: '127.0.0.1', port });
    const [error] = (await once(again, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });

  it('may be all that a gateway in another program speaks', async () => {
    const configuration = { dataDir: await temporaryFolder(), http: { port: 0 }, oss: { port: 0 }, shout: { port: 0 } };
    const { doors, stop } = await startGateway(configuration, { protocols: [makeShout()] });
    onTestFinished(stop);
    expect(Object.keys(doors)).toEqual(['http', 'shout', 'pages', 'oss']);
    await expect(startGateway({ mqtt: { port: 0 } }, { protocols: [makeShout()] })).rejects.toThrow(
      'mqtt is not a known key',
    );
    const client = new WebSocket(`ws://127.0.0.1:${doors.http.port}/`);
    const [error] = (await once(client, 'error')) as [Error];
    expect(error.message).toBe('Unexpected server response: 404');
  });

  it('leaves nothing open where it cannot listen', async () => {
    const { listeners } = await open();
    const taken = addressOf(listeners);
    const steps: string[] = [];
    const config = form.schema.parse({
      dataDir: await temporaryFolder(),
      ...Object.fromEntries(['http', 'oocsi', 'mqtt', 'oss'].map((key) => [key, { port: 0 }])),
      serial: { autoDetect: false },
      shout: { port: taken.port },
    });
    const gateway = createGateway(config, { log: silentLog, protocols: [...protocols, makeShout(steps)] });
    await expect(gateway.start()).rejects.toMatchObject({ code: 'DOOR_PORT_IN_USE' });
    expect(steps).toEqual(['start', 'restore', 'restored', 'listen', 'undone']);
  });
});
