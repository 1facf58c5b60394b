import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import type { LineEvent } from '@crosscomm/testing/json-lines';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import type { Program } from '@crosscomm/testing/program';
import { joinPywayne } from '@crosscomm/testing/pywayne';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type EspBoard, startEspBoard } from './host/esp-board.ts';
import type { EspVariant } from './host/esp-build.ts';
import { waitForSubscriber } from './host/subscriber.ts';
import { openForgetfulProxy } from './support/forgetful-proxy.ts';
import { type Scene, shaOf, takePhoto, toPanel } from './support/photo.ts';
import { sketchFolder } from './support/sketch-folder.ts';

const LIMIT_MS = 60_000;
const BUTTON_PIN = 13;
const SIDE = 240;

interface Camera {
  sketch: string;
  mac: string;
  sender: string;
  /** What it prints at the end. */
  sent: RegExp;
  colour: Scene['colour'];
}
const CAMERAS: Camera[] = [
  {
    sketch: 'esp32-cam-websocket',
    mac: '24:0A:C4:00:00:01',
    sender: 'cam-000001',
    sent: /^stored$/,
    colour: [200, 120, 40],
  },
  { sketch: 'esp32-cam-mqtt', mac: '24:0A:C4:00:00:02', sender: 'cam-000002', sent: /^sent$/, colour: [20, 180, 160] },
  { sketch: 'esp32-cam-http', mac: '24:0A:C4:00:00:03', sender: 'cam-000003', sent: /^stored$/, colour: [90, 30, 200] },
];

let gateway: GatewayProcess;

function photoFile(sketch: string): string {
  return join(gateway.folder, `${sketch}.jpg`);
}

/** `httpPort`: where its way by HTTP leads to, if not straight to the gateway. */
async function startCamera(
  sketch: string,
  photo: Buffer,
  { httpPort = gateway.ready.http.port, ...variant }: { httpPort?: number } & EspVariant = {},
): Promise<EspBoard> {
  writeFileSync(photoFile(sketch), photo);
  const ready = { ...gateway.ready, http: { host: '127.0.0.1', port: httpPort } };
  const mac = CAMERAS.find((camera) => camera.sketch === sketch)?.mac ?? '';
  return startEspBoard({ sketch, mac, gateway: { ready }, photo: photoFile(sketch), ...variant });
}

/** Presses the button, and lets it go once the sketch has printed such a line. */
async function press(camera: EspBoard, answer: RegExp): Promise<string> {
  await setButton(camera, 0);
  const line = await camera.lines.waitFor((printed) => answer.test(printed));
  await setButton(camera, 1);
  return line;
}

/** Resolves once the sketch has seen it. */
async function setButton(camera: EspBoard, level: 0 | 1): Promise<void> {
  camera.setPin(BUTTON_PIN, level);
  await camera.events.waitFor((event) => event.event === 'read' && event.pin === BUTTON_PIN && event.value === level);
}

async function joinPython(): Promise<Program> {
  const python = await joinPywayne(gateway, 'python');
  python.command({ do: 'send', content: { subscribe: ['door'] }, type: 'dict', to: 'server' });
  return python;
}

/** The image message that Python gets of `sender`. */
function imageOf(python: Program, sender: string): Promise<LineEvent> {
  return python.take('message', { type: 'image', sender, recipient: 'door' }, LIMIT_MS);
}

async function shaOfFile(path: unknown): Promise<string> {
  return shaOf(await readFile(String(path)));
}

async function shaOfObject(key: unknown): Promise<string> {
  const answer = await fetch(`${address()}/objects/${key}`);
  return shaOf(new Uint8Array(await answer.arrayBuffer()));
}

function address(): string {
  return `http://127.0.0.1:${gateway.ready.http.port}`;
}

describe('an ESP32-CAM and two displays', () => {
  let python: Program;
  let watcher: OocsiClient;
  let displays: { board: EspBoard; panel: string }[];

  beforeAll(async () => {
    // The address in what MQTT clients are told is the one that the sketches know the gateway by.
    gateway = new GatewayProcess({ objects: { publicUrl: 'http://192.168.1.10:9898' } });
    await gateway.start();
    watcher = await OocsiClient.connect(gateway.ready.oocsi.port, 'watcher');
    python = await joinPython();
    displays = await Promise.all(
      ['esp32-display', 'esp32-display-websocket'].map(async (sketch, index) => {
        const panel = join(gateway.folder, `${sketch}.panel`);
        const mac = `24:0A:C4:00:00:1${index}`;
        return { board: await startEspBoard({ sketch, gateway, panel, mac }), panel };
      }),
    );
    for (const id of ['display-000010', 'display-000011', 'python']) await waitForSubscriber(watcher, 'door', id);
  }, 300_000);

  afterAll(async () => {
    await Promise.all((displays ?? []).map(({ board }) => board.unplug()));
    await python?.stop();
    watcher?.close();
    await gateway.dispose();
  });

  async function expectEverywhere(photo: Buffer, sender: string): Promise<void> {
    const message = await imageOf(python, sender);
    expect(await shaOfFile(message.content), 'at Python').toBe(shaOf(photo));
    expect(await shaOfObject(message.oss_key), 'at GET /objects').toBe(shaOf(photo));
    const pixels = shaOf(await toPanel(photo, SIDE));
    for (const { board, panel } of displays) {
      expect(await board.lines.waitFor((line) => line.endsWith('shown'))).toBe('shown');
      expect(await shaOfFile(panel), panel).toBe(pixels);
    }
  }

  describe.each(CAMERAS)('$sketch', ({ sketch, sender, sent, colour }) => {
    let camera: EspBoard;

    beforeAll(async () => {
      camera = await startCamera(sketch, await takePhoto({ colour }));
      if (sketch === 'esp32-cam-mqtt') await camera.lines.waitFor((line) => line === 'online');
    }, 300_000);
    afterAll(() => camera?.unplug());

    test('sends photos that Python, GET /objects and the display get, each as it is then', {
      timeout: 4 * LIMIT_MS,
    }, async () => {
      // Less than PubSubClient 2.8 can carry.
      for (const quality of [70, 50, 75, 60]) {
        const photo = await takePhoto({ colour, quality });
        writeFileSync(photoFile(sketch), photo);
        await press(camera, sent);
        await expectEverywhere(photo, sender);
      }
    });
  });

  describe('a photo that PubSubClient 2.8 cannot carry', () => {
    const MQTT_CAMERA = 'esp32-cam-mqtt';
    let photo: Buffer;

    beforeAll(async () => {
      photo = await takePhoto({ colour: [1, 200, 1], width: 1600, height: 1200, quality: 50 });
      expect(photo.length).toBeGreaterThan(70_000);
    });

    test('is not sent, and the camera says so', { timeout: 2 * LIMIT_MS }, async () => {
      const camera = await startCamera(MQTT_CAMERA, photo);
      onTestFinished(() => camera.unplug());
      await camera.lines.waitFor((line) => line === 'online');
      const said = await press(camera, /too large|sent/);
      expect(said).toBe(`The photo is too large: ${photo.length} of 65000 bytes.`);
    });

    test('is sent by PubSubClient3, as long as the gateway takes it', { timeout: 4 * LIMIT_MS }, async () => {
      const camera = await startCamera(MQTT_CAMERA, photo, { pubSub: 'PubSubClient3' });
      onTestFinished(() => camera.unplug());
      await camera.lines.waitFor((line) => line === 'online');
      await press(camera, /^sent$/);
      await expectEverywhere(photo, 'cam-000002');
      const larger = await takePhoto({ colour: [1, 1, 1], width: 1600, height: 1200, quality: 100 });
      expect(larger.length).toBeGreaterThan(1024 * 1024);
      writeFileSync(photoFile(MQTT_CAMERA), larger);
      expect(await press(camera, /too large|sent/)).toBe(`The photo is too large: ${larger.length} of 1000000 bytes.`);
    });
  });

  test('a photo that was cut is told to nobody, and the next one arrives', { timeout: 4 * LIMIT_MS }, async () => {
    const photo = await takePhoto({ colour: [90, 90, 9], quality: 70 });
    const camera = await startCamera('esp32-cam-mqtt', photo);
    onTestFinished(() => camera.unplug());
    await camera.lines.waitFor((line) => line === 'online');
    camera.cutWrite(20_000);
    await press(camera, /^not sent$/);
    await camera.lines.waitFor((line) => line === 'online');
    await press(camera, /^sent$/);
    await expectEverywhere(photo, 'cam-000002');
    expect(python.events.kept.filter(({ type }) => type === 'image')).toEqual([]);
  });

  test('two cameras with one sketch are two clients', { timeout: 2 * LIMIT_MS }, async () => {
    const photo = await takePhoto({ colour: [9, 9, 200] });
    writeFileSync(photoFile('twins'), photo);
    for (const end of ['aa', 'bb']) {
      const mac = `24:0A:C4:00:00:${end}`;
      const camera = await startEspBoard({ sketch: 'esp32-cam-mqtt', mac, gateway, photo: photoFile('twins') });
      onTestFinished(() => camera.unplug());
      await camera.lines.waitFor((line) => line === 'online');
    }
    const answer = await fetch(`${address()}/status`);
    const { clients } = (await answer.json()) as { clients: { list: { id: string }[] } };
    expect(clients.list.map(({ id }) => id)).toEqual(expect.arrayContaining(['cam-0000aa', 'cam-0000bb']));
  });

  test('a camera by HTTP says why the gateway refuses a photo, and sends the next', {
    timeout: 2 * LIMIT_MS,
  }, async () => {
    const photo = await takePhoto({ colour: [200, 200, 0] });
    const camera = await startCamera('esp32-cam-http', photo);
    onTestFinished(() => camera.unplug());
    const other = await OocsiClient.connect(gateway.ready.oocsi.port, 'cam-000003');
    const why = await press(camera, /^{/);
    expect(JSON.parse(why)).toMatchObject({ error: { code: 'PEER_NAME_TAKEN' } });
    other.close();
    await vi.waitFor(async () => {
      const answer = await fetch(`${address()}/status`);
      const { clients } = (await answer.json()) as { clients: { list: { id: string }[] } };
      expect(clients.list.map(({ id }) => id)).not.toContain('cam-000003');
    }, LIMIT_MS);
    await press(camera, /^stored$/);
    await expectEverywhere(photo, 'cam-000003');
  });

  test('a display says that it cannot show what is no image, and leaves its picture', async () => {
    const before = await Promise.all(displays.map(({ panel }) => shaOfFile(panel)));
    await fetch(`${address()}/objects/a.jpg?to=door&kind=image`, { method: 'PUT', body: 'This is no JPEG.' });
    for (const { board } of displays) {
      expect(await board.lines.waitFor((line) => line.endsWith('shown'))).toBe('not shown');
    }
    expect(await Promise.all(displays.map(({ panel }) => shaOfFile(panel)))).toEqual(before);
  });

  test('the sketches have the same camera.h', () => {
    const copies = CAMERAS.map(({ sketch }) => readFileSync(join(sketchFolder(sketch), 'camera.h'), 'utf8'));
    expect(new Set(copies).size).toBe(1);
  });

  test.each([
    ['as it is', 'pin_sccb_'],
    ['as it was until 2.0.4', 'pin_sscb_'],
  ])('camera.h compiles with the core %s', async (_, name) => {
    const folder = mkdtempSync(join(tmpdir(), 'crosscomm-camera-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const core = readFileSync(join(import.meta.dirname, 'host/core/esp_camera.h'), 'utf8');
    writeFileSync(join(folder, 'esp_camera.h'), core.replaceAll('pin_sccb_', name));
    const header = join(sketchFolder('esp32-cam-websocket'), 'camera.h');
    const flags = ['-std=gnu++11', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', '-x', 'c++', '-include', header];
    await promisify(execFile)('g++', [...flags, `-I${folder}`, '/dev/null']);
  });
});

describe('a photo that meets a fault arrives whole and once', () => {
  let camera: EspBoard;
  let python: Program | undefined;

  beforeEach(async () => {
    gateway = new GatewayProcess();
    await gateway.start();
  }, 300_000);

  afterEach(async () => {
    await camera?.unplug();
    await python?.stop();
    await gateway.dispose();
  });

  async function uploads(): Promise<Record<string, unknown>[]> {
    const answer = await fetch(`${address()}/uploads`);
    return ((await answer.json()) as { uploads: Record<string, unknown>[] }).uploads;
  }

  /** Throws where the gateway does not have a part of a photo of `size` bytes on its disk. */
  async function expectUnderWay(size: number): Promise<void> {
    const [upload] = await uploads();
    expect(upload).toMatchObject({ state: 'receiving', from: 'cam-000001', size });
    expect(upload?.received).toBeGreaterThan(0);
    expect(upload?.received).toBeLessThan(size);
  }

  /** Waits until Python has it, and looks for a second one once nothing is on its way any more. */
  async function expectOnce(photo: Buffer, sender: string): Promise<void> {
    python = await joinPython();
    const message = await imageOf(python, sender);
    expect(await shaOfFile(message.content)).toBe(shaOf(photo));
    await camera.lines.waitFor((line) => line === 'stored');
    await vi.waitFor(async () => expect(await uploads()).toEqual([]), LIMIT_MS);
    const room = await OocsiClient.connect(gateway.ready.oocsi.port, 'room');
    room.send('sendraw door {"over":true}');
    await python.take('message', { type: 'dict', recipient: 'door' }, LIMIT_MS);
    room.close();
    expect(python.events.kept.filter(({ type }) => type === 'image')).toEqual([]);
  }

  describe('by WebSocket, in the middle', () => {
    let photo: Buffer;

    // Large enough to be under way for seconds.
    beforeEach(async () => {
      photo = await takePhoto({ colour: [150, 50, 100], width: 3200, height: 2400, quality: 100 });
      camera = await startCamera('esp32-cam-websocket', photo);
      await setButton(camera, 0);
      await vi.waitFor(() => expectUnderWay(photo.length), { timeout: LIMIT_MS, interval: 10 });
    }, 300_000);

    test('when the Wi-Fi is lost and found', { timeout: 2 * LIMIT_MS }, async () => {
      await camera.setWifi(false);
      await expectUnderWay(photo.length);
      await camera.setWifi(true);
      await expectOnce(photo, 'cam-000001');
    });

    test('when the gateway is killed and started again', { timeout: 2 * LIMIT_MS }, async () => {
      await gateway.kill();
      await gateway.start();
      await expectUnderWay(photo.length);
      await expectOnce(photo, 'cam-000001');
    });
  });

  test('by HTTP, when it is taken while the gateway is away', { timeout: 2 * LIMIT_MS }, async () => {
    const photo = await takePhoto({ colour: [10, 100, 200] });
    camera = await startCamera('esp32-cam-http', photo);
    await gateway.kill();
    await press(camera, /^connection refused$/);
    await gateway.start();
    await expectOnce(photo, 'cam-000003');
  });

  test('by HTTP, when the answer is lost that the gateway has it', { timeout: 2 * LIMIT_MS }, async () => {
    const photo = await takePhoto({ colour: [200, 10, 100] });
    const { server, port } = await openForgetfulProxy(gateway.ready.http);
    onTestFinished(() => void server.close());
    camera = await startCamera('esp32-cam-http', photo, { httpPort: port });
    await press(camera, /^connection lost$/);
    await expectOnce(photo, 'cam-000003');
  });
});
