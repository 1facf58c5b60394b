import {
  DEFAULT_READING,
  type DeviceHandler,
  type DevicePlan,
  type GatewayTransport,
  type PtyOptions,
  PtyTransport,
  parseDuration,
  parseReading,
  type ReadingPlan,
  SimError,
  Simulation,
  seededRandom,
  transportTo,
} from '@crosscomm/sim';
import { systemClock } from '../../common/clock.ts';
import { GatewayError } from '../../common/errors.ts';
import { printable } from '../../common/printable.ts';
import { channelToListenTo, channelToSendTo } from '../channel-argument.ts';
import { gatewayUrlOf, URL_VARIABLE } from '../gateway-url.ts';
import type { PlaceOptions } from '../operator-place.ts';
import { givenCredential, localGateway, urlWithCredential } from '../reach.ts';
import { callOf, EXIT, type Shell, say, UsageError } from '../shell.ts';
import { hintOf, jsonHandler, nameOf, personHandler, type SimView, showSimulation } from '../sim-view.ts';
import { unreachable } from '../unreachable.ts';

export interface SimOptions extends PlaceOptions {
  devices: string;
  id: string;
  url?: string;
  pty?: string;
  pair?: string;
  reading?: string[];
  subscribe?: string[];
  atMostOnce?: boolean;
  loseLink?: string;
  reset?: string;
  away: string;
  noise?: string;
  slow?: string;
  maxFrame: string;
  window: string;
  seed?: string;
  duration?: string;
  json?: boolean;
}

const FORMS = { schemes: ['ws:', 'wss:', 'mqtt:'], like: 'ws://127.0.0.1:9898 or mqtt://127.0.0.1' };
const MAX_DEVICES = 10_000;
/** Nobody came online in this time: there is no gateway, or it will have none of them. */
const PATIENCE_MS = 10_000;
/** How long what waits may still go out at the end. */
const DRAIN_MS = 2000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: ids with control characters are refused by a gateway.
const UNFIT_ID = /[\s\u0000-\u001f\u007f]/;

/** `crosscomm sim`: devices that are not there, until the person ends it, or the time is up. */
export async function sim(shell: Shell, options: SimOptions): Promise<number> {
  try {
    return await simulate(shell, options);
  } catch (error) {
    throw error instanceof SimError ? new GatewayError(error.code, error.message, { cause: error }) : error;
  }
}

async function simulate(shell: Shell, options: SimOptions): Promise<number> {
  const deviceIds = idsOf(options);
  const seed =
    options.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : wholeNumber(options.seed, '--seed', 0);
  const durationMs = options.duration === undefined ? undefined : parseDuration(options.duration, '--duration');
  const plan = planOf(options);
  const { transport, ...credentials } = await transportOf(shell, options, {
    deviceIds,
    maxFrame: plan.maxFrame,
    random: seededRandom(seed ^ 0x5eed),
  });
  let reason = '';
  let refusal: string | undefined;
  let hint = '';
  let view: SimView | undefined;
  const above = (write: () => void): void => (view ? view.above(write) : write());
  const watch = options.json ? jsonHandler(shell) : personHandler(shell, above);
  const handler: DeviceHandler = {
    ...watch,
    disconnected: (device, why, isRefused) => {
      if (isRefused) refusal = why;
      reason = why;
      watch.disconnected?.(device, why, isRefused);
    },
    error: (device, error) => {
      hint = hintOf(error.code);
      refusal = `${nameOf(error.code)}${error.text === '' ? '' : `: ${error.text}`}`;
      watch.error?.(device, error);
    },
  };
  const clock = { now: () => performance.now(), after: systemClock.after };
  const simulation = new Simulation({
    deviceIds,
    plan: { ...plan, ...credentials },
    transport,
    clock,
    seed,
    random: Math.random,
    handler,
  });
  const { address } = transport;
  if (options.json) say(shell, JSON.stringify({ event: 'ready', address, devices: deviceIds, seed }));
  view = showSimulation(shell, simulation, { json: options.json, address, seed });
  simulation.start();
  const hasGateway = await untilOver(shell, simulation, { durationMs, isPatient: options.pty !== undefined });
  simulation.finish();
  if (hasGateway && !shell.ended.aborted) await drained(shell, simulation);
  const counts = simulation.counts();
  view.end();
  await simulation.stop();
  if (options.json) say(shell, JSON.stringify({ event: 'summary', ...counts }));
  if (simulation.everOnline || shell.ended.aborted) return EXIT.fine;
  if (refusal !== undefined) {
    throw new GatewayError(
      'PEER_NOT_ALLOWED',
      `The gateway at ${address} lets no device in (${printable(refusal)}).${hint}`,
    );
  }
  if (options.pty === undefined) {
    throw unreachable(shell.env, address, { reason: printable(reason) || 'no device came online' });
  }
  throw new GatewayError(
    'GATEWAY_UNREACHABLE',
    `No gateway opened a port in ${options.pty}: name the ports in its configuration, as "${callOf(shell.env, 'sim --help')}" shows.`,
  );
}

/** The devices' way to the gateway. */
async function transportOf(
  shell: Shell,
  options: SimOptions,
  boards: Pick<PtyOptions, 'deviceIds' | 'maxFrame' | 'random'>,
): Promise<GatewayTransport> {
  const { pty, noise } = options;
  const noiseOneIn = noise === undefined ? 0 : wholeNumber(noise, '--noise', 2);
  if (pty !== undefined) return { transport: await PtyTransport.open({ ...boards, folder: pty, noiseOneIn }) };
  if (noiseOneIn > 0) {
    throw new UsageError('--noise needs --pty: noise is of serial lines, other wires have checksums of their own.');
  }
  return transportTo(await urlOf(shell, options));
}

/** Where the gateway is, with the token of the environment. Devices have no operator's secret, as real ones have none. */
async function urlOf(shell: Shell, options: SimOptions): Promise<URL> {
  const isNamed = options.url !== undefined || Boolean(shell.env[URL_VARIABLE]);
  const local = isNamed ? undefined : await localGateway(shell, options);
  const url = gatewayUrlOf(options.url ?? local?.url, shell.env, FORMS);
  const given = options.pair === undefined ? await givenCredential(shell, {}) : undefined;
  if (given?.secret === undefined || url.password !== '') return url;
  return new URL(urlWithCredential({ url: url.href, secret: given.secret }));
}

function planOf(options: SimOptions): DevicePlan {
  const every = (text: string | undefined, flag: string): number =>
    text === undefined ? 0 : parseDuration(text, flag);
  return {
    readings: (options.reading ?? [DEFAULT_READING]).map(parseReading).map(sendable),
    subscribe: (options.subscribe ?? []).map(channelToListenTo),
    atMostOnce: options.atMostOnce ?? false,
    receipts: true,
    pair: options.pair,
    maxFrame: wholeNumber(options.maxFrame, '--max-frame', 48),
    window: wholeNumber(options.window, '--window', 48),
    faults: {
      loseLinkEveryMs: every(options.loseLink, '--lose-link'),
      resetEveryMs: every(options.reset, '--reset'),
      awayMs: parseDuration(options.away, '--away'),
      readBytesPerSecond: options.slow === undefined ? 0 : wholeNumber(options.slow, '--slow', 1),
    },
  };
}

function sendable(reading: ReadingPlan): ReadingPlan {
  channelToSendTo(reading.channel);
  return reading;
}

function idsOf({ devices, id, pty }: SimOptions): string[] {
  const count = wholeNumber(devices, '--devices', 1);
  if (count > MAX_DEVICES) throw new UsageError(`--devices is at most ${MAX_DEVICES}.`);
  if (id === '' || UNFIT_ID.test(id)) throw new UsageError('--id must be a name without blanks.');
  if (pty !== undefined && id.includes('/')) throw new UsageError('With --pty, --id names files: no "/" in it.');
  return Array.from({ length: count }, (_, index) => `${id}-${index + 1}`);
}

function wholeNumber(text: string, flag: string, least: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number >= 2 ** 31) {
    throw new UsageError(`${flag} must be a whole number, at least ${least}, not "${text}".`);
  }
  return number;
}

/** Resolves when it is to end: true, or false where no gateway was to be had. */
async function untilOver(
  { ended }: Shell,
  simulation: Simulation,
  { durationMs, isPatient }: { durationMs: number | undefined; isPatient: boolean },
): Promise<boolean> {
  const cancels: (() => void)[] = [];
  try {
    return await new Promise<boolean>((resolve) => {
      const done = (): void => resolve(true);
      const after = (ms: number, run: () => void): void => {
        const timer = setTimeout(run, ms);
        cancels.push(() => clearTimeout(timer));
      };
      if (ended.aborted) done();
      ended.addEventListener('abort', done, { once: true });
      cancels.push(() => ended.removeEventListener('abort', done));
      if (durationMs !== undefined) after(durationMs, done);
      if (!isPatient) after(PATIENCE_MS, () => simulation.everOnline || resolve(false));
      // Ports and sockets that are being waited for do not keep the process alive, this does.
      const keepAlive = setInterval(() => {}, 2 ** 30);
      cancels.push(() => clearInterval(keepAlive));
    });
  } finally {
    for (const cancel of cancels) cancel();
  }
}

/** Waits until everything is acknowledged, but not for long. */
async function drained({ ended }: Shell, simulation: Simulation): Promise<void> {
  const begunMs = performance.now();
  while (simulation.counts().waiting > 0 && !ended.aborted && performance.now() - begunMs < DRAIN_MS) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
