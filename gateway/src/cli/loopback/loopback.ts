import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostInUrl } from '../../common/host-in-url.ts';
import { makeUpId } from '../../common/made-up-ids.ts';
import type { Finding } from '../../observability/finding.ts';
import { isEveryAddress } from '../addresses.ts';
import type { Reach } from '../reach.ts';
import { connectTo, type Place } from './connection.ts';
import { answersHttp, openHttp } from './http.ts';
import { openMqtt } from './mqtt.ts';
import { openOocsi } from './oocsi.ts';
import { openOsc } from './osc.ts';
import type { Ear, Probe, ProbeIdentity } from './probe.ts';

/** How often it is sent again: a datagram may be lost. */
const AGAIN_MS = 100;
/** How many times it is sent. They are counted, as a machine that does much else may stand still for seconds. */
const MOST_TIMES = 30;
const CODE = 'loopback';

/** An address as `/status` has it. */
interface ShownAddress {
  host: string;
  port: number;
  tls?: string;
}

export interface LoopbackOptions {
  reach: Reach;
  /** What listens, as `/status` has it. */
  listeners: Record<string, unknown>;
  /** The gateway runs on this machine, so that its certificate need not be known. */
  isHere: boolean;
}

/** Joins by every listener, sends a message by each and looks whether it comes to the others; says of each how that went. */
export async function loopbackFindings(options: LoopbackOptions): Promise<Finding[]> {
  const probes = probesFor(options);
  const tried = await Promise.all(probes.map((probe) => tryToOpen(probe)));
  const open = tried.flatMap((each) => ('ear' in each ? [each] : []));
  try {
    const passed = await pass(open.map(({ ear }) => ear));
    return tried.map((each) => {
      if ('finding' in each) return each.finding;
      return passedFinding(each.probe, passed[open.indexOf(each)] as Passed);
    });
  } finally {
    for (const { ear } of open) ear.close();
  }
}

type Tried = { probe: Probe; ear: Ear } | { finding: Finding };

async function tryToOpen(probe: Probe): Promise<Tried> {
  const { listener, address } = probe;
  try {
    return { probe, ear: await probe.open() };
  } catch (error) {
    if (error === ANSWERS) {
      const sentence = `${listener} (${address}) answers.`;
      return { finding: { code: CODE, level: 'ok', subject: listener, values: { listener, address }, sentence } };
    }
    const reason = (error as Error).message.replace(/\.$/, '');
    return {
      finding: {
        ...{ code: CODE, level: 'fault', subject: listener, values: { listener, address, reason } },
        sentence: `A client cannot join by ${listener} (${address}): ${reason}.`,
        advice:
          'Look at the log of the gateway. If it refuses the client, run this as the user of the gateway, or put the token of an account that may send and subscribe into CROSSCOMM_TOKEN.',
      },
    };
  }
}

/** Of one client: whether what it sent came to another, and what others sent to it, and after how long both had, in milliseconds. */
interface Passed {
  sent: boolean;
  heard: boolean;
  ms: number;
}

async function pass(ears: readonly Ear[]): Promise<Passed[]> {
  const marks = ears.map((_, at) => `mark-${at}-${randomBytes(6).toString('hex')}-`);
  const passed = ears.map((): Passed => ({ sent: false, heard: false, ms: 0 }));
  const startMs = performance.now();
  let sentMs = Number.NEGATIVE_INFINITY;
  let times = 0;
  while (passed.some(({ sent, heard }) => !sent || !heard)) {
    if (performance.now() - sentMs >= AGAIN_MS) {
      if (times++ === MOST_TIMES) break;
      sentMs = performance.now();
      for (const [at, ear] of ears.entries()) ear.send(marks[at] as string);
    }
    await sleep(2);
    passed.forEach((one, at) => {
      if (one.sent && one.heard) return;
      one.sent ||= ears.some((ear, other) => other !== at && ear.hasHeard(marks[at] as string));
      one.heard ||= marks.some((mark, other) => other !== at && ears[at]?.hasHeard(mark));
      one.ms = Math.round(performance.now() - startMs);
    });
  }
  return passed;
}

function passedFinding({ listener, address }: Probe, { sent, heard, ms }: Passed): Finding {
  const values = { listener, address, ms };
  const subject = listener;
  if (sent && heard) {
    const sentence = `Messages pass by ${listener} (${address}) in both directions.`;
    return { code: CODE, level: 'ok', subject, values, sentence };
  }
  if (listener === 'osc') return silentOsc(address);
  const what = sent ? 'comes to a client that' : heard ? 'comes from a client that' : 'passes for a client that';
  return {
    ...{ code: CODE, level: 'fault', subject, values },
    sentence: `No message ${what} has joined by ${listener} (${address}).`,
    advice: 'Look at the log of the gateway, and what became of the messages: crosscomm trace.',
  };
}

/** Open Sound Control tells nobody that it was refused. */
function silentOsc(address: string): Finding {
  return {
    ...{ code: CODE, level: 'warning', subject: 'osc', values: { listener: 'osc', address } },
    sentence: `No message passes by osc (${address}).`,
    advice:
      'Open Sound Control has no passwords: only whom auth.anonymous lets in may use it. Otherwise look at the log of the gateway.',
  };
}

/** It is no client that could hear anything, but answers. */
const ANSWERS = new Error('answers');

function probesFor({ reach, listeners, isHere }: LoopbackOptions): Probe[] {
  const url = new URL(reach.url);
  const channel = `doctor-${randomBytes(4).toString('hex')}`;
  const { account, secret = url.password ? decodeURIComponent(url.password) : undefined } = reach;
  const identity = (): ProbeIdentity => ({
    id: makeUpId('cli', { random: Math.random, digits: 6 }),
    ...{ channel, account, secret },
  });
  const scheme = url.protocol === 'wss:' ? 'https' : 'http';
  const base = `${scheme}://${url.host}`;
  const probes: Probe[] = [
    { listener: 'http', address: url.host, open: () => openHttp(base, identity()) },
    {
      ...{ listener: 'http, WebSocket', address: url.host },
      open: async () => (await import('./crosscomm.ts')).openCrossComm(reach, identity()),
    },
  ];
  for (const [listener, state] of Object.entries(listeners)) {
    if (!isAddress(state)) continue;
    const here = isEveryAddress(state.host) ? '127.0.0.1' : state.host;
    const host = isHere ? here : url.hostname.replace(/^\[|\]$/g, '');
    const tls = state.tls === 'required' || listener.endsWith('Tls');
    // Whether a gateway elsewhere is who it says it is cannot be told here, so that it is shown no secret.
    if (tls && !isHere) continue;
    const place: Place = { host, port: state.port, tls };
    const address = `${hostInUrl(host)}:${state.port}`;
    const open = openerFor(listener.replace(/Tls$/, ''), place, identity());
    if (open !== undefined) probes.push({ listener, address, open });
  }
  return probes;
}

function openerFor(name: string, place: Place, identity: ProbeIdentity): (() => Promise<Ear>) | undefined {
  switch (name) {
    case 'oocsi':
      return () => openOocsi(place, identity);
    case 'mqtt':
      return () => openMqtt(place, identity);
    case 'osc':
      return () => openOsc(place, identity);
    case 'oss':
    case 'pages':
      return async () => {
        if (place.tls) (await connectTo(place)).socket.destroy();
        else await answersHttp(`http://${hostInUrl(place.host)}:${place.port}`);
        throw ANSWERS;
      };
    default:
      return undefined;
  }
}

function isAddress(state: unknown): state is ShownAddress {
  return typeof state === 'object' && state !== null && 'port' in state && 'host' in state;
}
