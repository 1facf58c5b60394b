// npm run screenshots: the pictures of the dashboard in the README, made with a gateway that runs, simulated devices and Chromium. Needs a
// build and a chromium on the PATH (`npm test` installs one).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import sharp from 'sharp';
import { COMMAND, ensureBuilt } from './lib/build.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { fail, tell } from './lib/progress.mjs';
import { ROOT } from './lib/root.mjs';

const FOLDER = join(ROOT, 'docs', 'images');
/** So long devices talk before the first picture, so that charts have lines. */
const TALK_MS = 45_000;
const DESKTOP = { width: 1280, height: 800 };

/** @typedef {{ name: string, hash: string, size: { width: number, height: number }, scheme: 'light' | 'dark', act?: string }} Shot */
/** @type {Shot[]} */
const SHOTS = [
  { name: 'overview', hash: '#/', size: DESKTOP, scheme: 'light' },
  { name: 'channels', hash: '#/channels/greenhouse%2Fclimate', size: DESKTOP, scheme: 'dark' },
  { name: 'clients', hash: '#/clients', size: DESKTOP, scheme: 'light' },
  { name: 'graph', hash: '#/graph', size: DESKTOP, scheme: 'dark' },
  { name: 'controls', hash: '#/controls/kitchen', size: DESKTOP, scheme: 'light' },
  { name: 'conversation', hash: '#/conversation', size: DESKTOP, scheme: 'light' },
];

ensureBuilt();
const data = mkdtempSync(join(tmpdir(), 'crosscomm-screenshots-'));
const config = join(data, 'config.yaml');
const any = { host: '127.0.0.1', port: 0 };
writeFileSync(
  config,
  JSON.stringify({
    dataDir: join(data, 'data'),
    http: any,
    oocsi: any,
    mqtt: any,
    oss: any,
    serial: { autoDetect: false },
  }),
);
const gateway = spawn(process.execPath, [COMMAND, 'start', '--config', config, '--json'], {
  stdio: ['ignore', 'pipe', 'ignore'],
});
/** @type {import('node:child_process').ChildProcess | undefined} */
let devices;
try {
  const { http, mqtt } = await ready(gateway.stdout);
  const url = `http://127.0.0.1:${http.port}/`;
  devices = spawn(process.execPath, simulated(http.port), { stdio: 'ignore' });
  const talking = await talk(mqtt.port);
  await makeBoard(url);
  await takePictures(url);
  for (const client of talking) await client.endAsync(true);
} finally {
  devices?.kill();
  gateway.kill();
  if (gateway.exitCode === null) await once(gateway, 'exit');
  rmSync(data, { recursive: true, force: true, maxRetries: 5 });
}
process.exit();

/**
 * The listeners, as the line for programs tells them.
 * @param {import('node:stream').Readable} output
 * @returns {Promise<{ http: { port: number }, mqtt: { port: number } }>}
 */
async function ready(output) {
  for await (const line of createInterface({ input: output })) {
    const event = JSON.parse(line);
    if (event.event === 'ready') return event;
  }
  return fail('The gateway did not start.');
}

/** @param {number} port */
function simulated(port) {
  const readings = [
    'greenhouse/climate:1s:temperature=sine(18,27,60s),humidity=walk(40,70,1),door=toggle()',
    'class/{n}:2s:light=random(200,800)',
  ];
  const flags = readings.flatMap((reading) => ['--reading', reading]);
  return [COMMAND, 'sim', '--url', `127.0.0.1:${port}`, '-n', '8', '--seed', '7', ...flags];
}

/**
 * MQTT clients that talk with each other.
 * @param {number} port
 */
async function talk(port) {
  const join = (/** @type {string} */ clientId) => connectAsync(`mqtt://127.0.0.1:${port}`, { clientId });
  const [lamp, knob, desk] = [await join('kitchen-lamp'), await join('knob'), await join('desk')];
  await lamp.subscribeAsync(['kitchen/light', 'lights/#']);
  await desk.subscribeAsync(['greenhouse/#', 'class/#', 'chat']);
  await knob.publishAsync('kitchen/light', '{"led": 1, "colour": "warm"}', { retain: true });
  await knob.publishAsync('kitchen/brightness', '160', { retain: true });
  await knob.publishAsync('kitchen/colour', '#ff9a3c', { retain: true });
  let count = 0;
  setInterval(() => {
    count++;
    knob.publish('kitchen/light', JSON.stringify({ led: count % 2, colour: 'warm' }));
    if (count % 3 === 0) desk.publish('chat', `Good morning, group ${count % 7}`);
    if (count % 4 === 0) knob.publish('kitchen/ligth', 'on');
  }, 700).unref();
  return [lamp, knob, desk];
}

/**
 * A board of controls for what is said.
 * @param {string} url
 */
async function makeBoard(url) {
  const light = { channel: 'kitchen/light' };
  const climate = { channel: 'greenhouse/climate' };
  const items = [
    { kind: 'switch', label: 'Light', ...light, key: 'led' },
    { kind: 'slider', label: 'Brightness', size: 'wide', channel: 'kitchen/brightness', max: 255 },
    { kind: 'colour', label: 'Colour', channel: 'kitchen/colour' },
    { kind: 'button', label: 'Good night', channel: 'kitchen/scene', value: 'night' },
    { kind: 'value', label: 'Temperature', ...climate, key: 'temperature', unit: '°C' },
    { kind: 'value', label: 'Humidity', ...climate, key: 'humidity', unit: '%' },
    { kind: 'chart', label: 'Greenhouse', size: 'wide', ...climate },
    { kind: 'text', label: 'Before you leave', size: 'full', text: 'Close the door of the greenhouse.' },
  ].map((item, index) => ({ id: String(index), size: 'small', ...item }));
  const answer = await fetch(`${url}api/v1/boards/kitchen`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Kitchen and greenhouse', items, version: 0 }),
  });
  if (!answer.ok) fail(await answer.text());
}

/** @param {string} url */
async function takePictures(url) {
  const browser = await launchChromium();
  const pages = await Promise.all(
    SHOTS.map(async ({ hash, size, scheme }) => {
      const context = await browser.newContext({ viewport: size, colorScheme: scheme, locale: 'en' });
      const page = await context.newPage();
      await page.goto(url + hash);
      return page;
    }),
  );
  tell('Letting the devices talk for a while ...');
  await pause(TALK_MS);
  mkdirSync(FOLDER, { recursive: true });
  for (const [index, page] of pages.entries()) {
    const file = join(FOLDER, `${SHOTS[index]?.name}.png`);
    await sharp(await page.screenshot())
      .png({ palette: true, colours: 64, effort: 10 })
      .toFile(file);
    tell(file);
  }
  await browser.close();
}
