import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CODES } from '@crosscomm/protocol';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { Place } from '@crosscomm/testing/place';
import { secretToken } from '@crosscomm/testing/secrets';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type EspBoard, type EspBoardOptions, startEspBoard } from './host/esp-board.ts';
import { sketchFolder } from './support/sketch-folder.ts';

const ADDRESS = '192.168.1.10';
/** What becomes of the text of a sketch. */
type Change = (text: string) => string;

/** What the changed sketch prints where it is not let in. */
const REFUSED = `ended ${CODES.credentials}`;
/** Programs of another name than those of the sketches as they are. */
const defines = ['SECURED_COPY=1'];

describe('sketches with the authority of a gateway beside them', () => {
  const place = new Place();
  let folder: string;
  let watcher: OocsiClient;
  const boards: EspBoard[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosscomm-'));
    const any = { host: '127.0.0.1', port: 0, tlsPort: 0 };
    await place.start({ mqtt: any, oocsi: any, tls: { auto: true, names: [ADDRESS], required: ['mqtt'] } });
    watcher = await OocsiClient.connect(place.listeners.oocsi.port, 'watcher');
  });
  afterEach(async () => {
    for (const board of boards.splice(0)) await board.unplug();
  });
  afterAll(async () => {
    watcher.close();
    await place.dispose();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  /** A board with this example, and the header that a gateway exports, in a copy of its folder. */
  async function secured(
    name: string,
    from: Place,
    {
      board = 'esp32',
      at = place,
      change,
      storage,
    }: Pick<EspBoardOptions, 'board' | 'storage'> & { at?: Place; change?: Change } = {},
  ): Promise<EspBoard> {
    const sketch = join(folder, change === undefined ? name : `${name}-changed`);
    await cp(sketchFolder(name), sketch, { recursive: true });
    if (change !== undefined) {
      const text = change(await readFile(join(sketch, `${name}.ino`), 'utf8'));
      await rm(join(sketch, `${name}.ino`));
      await writeFile(join(sketch, `${name}-changed.ino`), text);
    }
    const { code } = await from.run(['tls', 'export', '--arduino', '-o', join(sketch, 'gateway_ca.h')]);
    expect(code).toBe(0);
    const { http, oocsi, mqtt, mqttTls } = at.listeners;
    const port = mqttTls !== undefined && 'port' in mqttTls ? mqttTls.port : 0;
    const ready = { http, oocsi, mqtt, mqttTls: { host: '127.0.0.1', port } };
    const started = await startEspBoard({ sketch, board, storage, gateway: { ready }, defines });
    boards.push(started);
    return started;
  }

  const CASES = [
    { sketch: 'esp32-websocket', channel: 'lab/room1', port: 9898 },
    { sketch: 'esp32-mqtt', channel: 'lab/room2', port: 8883 },
  ];
  test.each(CASES)('$sketch sends by TLS', { timeout: 300_000 }, async ({ sketch, channel, port }) => {
    watcher.send(`subscribe ${channel}`);
    const board = await secured(sketch, place);
    await board.events.waitFor((event) => event.event === 'connect' && event.to === `${ADDRESS}:${port}` && event.ok);
    expect(await watcher.take(channel)).toMatchObject({ temperature: expect.any(Number) });
  });

  test('esp32-mqtt sends by TLS from an ESP8266', { timeout: 300_000 }, async () => {
    watcher.send('subscribe lab/room2');
    const board = await secured('esp32-mqtt', place, { board: 'esp8266' });
    await board.lines.waitFor((line) => line === 'I am esp8266-3f2a1c');
    await board.events.waitFor((event) => event.event === 'connect' && event.to === `${ADDRESS}:8883` && event.ok);
    board.setAnalog(17, 310);
    await vi.waitFor(
      async () => expect(await watcher.take('lab/room2')).toMatchObject({ temperature: 50, sender: 'esp8266-3f2a1c' }),
      20_000,
    );
  });

  test('esp8266-button connects by TLS', { timeout: 300_000 }, async () => {
    const board = await secured('esp8266-button', place, { board: 'esp8266' });
    await board.events.waitFor((event) => event.event === 'connect' && event.ok);
  });

  test('a board does not talk to a gateway of another authority', { timeout: 300_000 }, async () => {
    const other = new Place();
    const board = await secured('esp32-websocket', other);
    await board.events.waitFor((event) => event.event === 'connect' && !event.ok);
    await other.dispose();
  });

  /** Comes with what it finds in its environment, and prints what became of it. */
  const proving = (text: string): string =>
    text
      .replace(
        'void setup() {',
        `void tell() { Serial.println("connected"); }
         void tellOfEnd(const CrossCommDisconnect &end) { Serial.println(String("ended ") + int(end.code)); }
         void setup() { cc.onConnect(tell); cc.onDisconnect(tellOfEnd);
         if (getenv("SKETCH_SECRET")) cc.credentials("esp32-3f2a1c", getenv("SKETCH_SECRET"));`,
      )
      .replace('#include', '#include <stdlib.h>\n#include');

  test('a board proves itself by TLS with a token, and is refused with a wrong one and with none', {
    timeout: 300_000,
  }, async () => {
    const strict = new Place();
    await strict.start({ tls: { auto: true, names: [ADDRESS] }, auth: { anonymous: 'deny' } });
    const { out } = await strict.run(['account', 'add', 'esp32-3f2a1c', '--role', 'device', '--json']);
    const { token } = JSON.parse(out) as { token: string };
    for (const [secret, outcome] of [
      [token, 'connected'],
      [secretToken(), REFUSED],
      [undefined, REFUSED],
    ] as const) {
      vi.stubEnv('SKETCH_SECRET', secret);
      const board = await secured('esp32-websocket', strict, { at: strict, change: proving });
      await board.events.waitFor((event) => event.event === 'connect' && event.ok);
      await board.lines.waitFor((line) => line === outcome);
      await board.unplug();
    }
    await strict.dispose();
  });

  test('esp32-paired gets its token by TLS, and brings its code to no other gateway', {
    timeout: 300_000,
  }, async () => {
    const [strict, other] = [new Place(), new Place()];
    await strict.start({ tls: { auto: true, names: [ADDRESS] }, auth: { anonymous: 'deny' } });
    const shell = new TestShell();
    const paired = shell.run('pair', '--json', '--data-dir', strict.dataDir);
    await expect.poll(() => shell.stdout.text, { timeout: 20_000 }).toContain('\n');
    const { code } = JSON.parse(shell.stdout.text.split('\n')[0] ?? '') as { code: string };
    const change: Change = (text) => text.replace(/CODE = "\d+"/, `CODE = "${code}"`);

    const misled = await secured('esp32-paired', other, { at: strict, change });
    await misled.events.waitFor((event) => event.event === 'connect' && !event.ok);
    await misled.unplug();
    const board = await secured('esp32-paired', strict, { at: strict, change, storage: join(folder, 'nvs') });
    await board.lines.waitFor((line) => line === 'paired');
    await board.lines.waitFor((line) => line === 'connected');
    expect(await paired).toBe(0);
    await board.unplug();
    await strict.dispose();
    await other.dispose();
  });
});
