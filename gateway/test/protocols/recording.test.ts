import { encodeFrame, encodeSlip } from '@crosscomm/protocol';
import fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { protocols } from '../../src/app/protocols.ts';
import type { ConnectionView, Way } from '../../src/transports/recording/recorded-protocol.ts';
import { UnitCutter } from '../../src/transports/recording/unit-cutter.ts';

// What each protocol says of its bytes: where secrets are, and whose connection it is.

const SECRET = 'horse-7/ä';
const TOKEN = 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF';
const BLANK = '*'.charCodeAt(0);

const hello = encodeFrame({
  ...{ type: 'hello', version: 1, deviceId: 'knob', bootId: 7, maxFrame: 512 },
  ...{ user: 'horse', password: SECRET },
});
const token = encodeFrame({ type: 'token', n: 1, token: TOKEN });

/** A packet of OSC: an address and one string. */
function osc(address: string, text: string): Buffer {
  const padded = (part: string): Buffer => {
    const bytes = Buffer.from(`${part}\0`);
    return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  };
  return Buffer.concat([padded(address), padded(',s'), padded(text)]);
}

function withLength(packet: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(packet.length);
  return Buffer.concat([length, packet]);
}

interface Case {
  protocol: string;
  by?: 'tcp' | 'udp' | 'websocket' | 'serial';
  way?: Way;
  units: (string | Uint8Array)[];
  secrets: (string | Buffer)[];
  clients?: string[];
}

const connect = { cmd: 'connect', protocolId: 'MQTT', clientId: 'lamp', keepalive: 30, clean: true } as const;

const CASES: [string, Case][] = [
  [
    'MQTT 3.1.1: the password of a CONNECT, even if the user is called alike',
    {
      protocol: 'mqtt',
      units: [
        generate({ ...connect, protocolVersion: 4, username: SECRET.slice(0, 4), password: Buffer.from(SECRET) }),
        generate({ cmd: 'publish', topic: 'a', payload: 'hello', qos: 0, dup: false, retain: false }),
      ],
      secrets: [SECRET],
      clients: ['lamp'],
    },
  ],
  [
    'MQTT 5: password and authentication data, a last will before them',
    {
      protocol: 'mqtt',
      units: [
        generate({
          ...{ ...connect, protocolVersion: 5, username: 'ben', password: Buffer.from(SECRET) },
          properties: { authenticationMethod: 'PLAIN', authenticationData: Buffer.from(TOKEN) },
          will: {
            topic: 'gone',
            payload: Buffer.from('bye'),
            qos: 1,
            retain: false,
            properties: { willDelayInterval: 3 },
          },
        }),
        generate(
          { cmd: 'auth', reasonCode: 24, properties: { authenticationData: Buffer.from(SECRET) } },
          { protocolVersion: 5 },
        ),
      ],
      secrets: [TOKEN, SECRET, SECRET],
      clients: ['lamp'],
    },
  ],
  [
    'MQTT: the Hello of a device in a message',
    {
      protocol: 'mqtt',
      units: [
        generate({ ...connect, protocolVersion: 4 }),
        generate({
          cmd: 'publish',
          topic: '$frames/lamp/up',
          payload: Buffer.from(hello),
          qos: 1,
          messageId: 3,
          dup: false,
          retain: false,
        }),
      ],
      secrets: [SECRET],
      clients: ['lamp'],
    },
  ],
  [
    'OOCSI: the secret of a handle, wherever it is repeated, and passwords of channels',
    {
      protocol: 'oocsi',
      units: [
        'ben/lamp:se(cret(JSON)\n',
        'subscribe den:pass word\n',
        'sendraw den:passport {"a":":"}\n',
        'subscribe ben/lamp:se(cret\n',
        'sendraw heyOOCSI! {"ben/lamp:se(cret":{"x":1}}\n',
      ],
      secrets: ['se(cret', 'pass word', 'passport', 'se(cret', 'se(cret'],
      clients: ['ben/lamp', 'lamp'],
    },
  ],
  [
    'OOCSI for Pure Data',
    { protocol: 'oocsi', units: ['lamp:secret;\n', 'subscribe room;\n'], secrets: ['secret'], clients: ['lamp'] },
  ],
  [
    'frames on a serial port, between lines',
    {
      protocol: 'serial',
      by: 'serial',
      units: [
        'booting\r\n',
        encodeSlip(hello),
        '{"to":"den:pass","v":"12:30"}\n',
        '{"subscribe":["den:pass","room"]}\n',
      ],
      secrets: [SECRET, 'pass', 'pass'],
      clients: ['knob'],
    },
  ],
  [
    'a token that a board is given by its cable',
    { protocol: 'serial', by: 'serial', way: 'out', units: ['{"from":"a"}\n', encodeSlip(token)], secrets: [TOKEN] },
  ],
  [
    'how a board prints that it was welcomed elsewhere',
    { protocol: 'serial', by: 'serial', units: [`{'message' : "welcome lamp:secret"}\n`], secrets: ['secret'] },
  ],
  [
    'OSC by TCP with lengths',
    {
      protocol: 'osc',
      units: [withLength(osc('/den:pass', 'x')), withLength(osc('/subscribe', 'den:pass'))],
      secrets: ['pass', 'pass'],
      clients: ['osc-10.0.0.7-4711'],
    },
  ],
];

/** Cuts a stream and blanks its secrets, piece by piece. */
function recorded(
  { protocol, by = 'tcp', way = 'in' }: Case,
  pieces: readonly Uint8Array[],
): { out: Buffer[]; clients: string[] } {
  const out: Buffer[] = [];
  const clients: string[] = [];
  const cutter = new UnitCutter(viewOf(protocol, by), way, {
    piece: (bytes) => out.push(Buffer.from(bytes)),
    saw: (look) => clients.push(...(look.clients ?? [])),
  });
  for (const piece of pieces) cutter.push(piece, 0);
  cutter.end();
  return { out, clients };
}

function viewOf(name: string, by: NonNullable<Case['by']>): ConnectionView {
  const recordings = loaded.get(name);
  if (recordings === undefined) throw new Error(`${name} cannot be recorded`);
  return recordings.view({ by, peer: '10.0.0.7:4711' });
}
const loaded = new Map(
  await Promise.all(
    protocols.flatMap(({ name, recording }) =>
      recording ? [recording.load().then((all) => [name, all] as const)] : [],
    ),
  ),
);

/** Where the secrets of a case are, in their order. */
function placesOf(bytes: Buffer, secrets: Case['secrets']): Set<number> {
  const places = new Set<number>();
  let from = 0;
  for (const secret of secrets) {
    const wanted = Buffer.from(secret as string);
    // The user name of a CONNECT may be the same as the beginning of its password, and stays.
    const at = bytes.indexOf(wanted, from);
    if (at < 0) throw new Error('the secret is not in the bytes');
    for (let index = 0; index < wanted.length; index++) places.add(at + index);
    from = at + wanted.length;
  }
  return places;
}

describe.each(CASES)('%s', (_, given) => {
  const bytes = Buffer.concat(given.units.map((unit) => Buffer.from(unit as string)));
  const places = placesOf(bytes, given.secrets);

  test('is blanked, however it is cut, and nothing else is', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 8 }), (cuts) => {
        const at = [0, ...new Set(cuts.toSorted((a, b) => a - b)), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        const { out, clients } = recorded(given, pieces);
        expect(out.map(({ length }) => length)).toEqual(pieces.map(({ length }) => length));
        const all = Buffer.concat(out);
        const shown = bytes.map((byte, index) => (places.has(index) ? BLANK : byte));
        expect(all.toString('latin1')).toBe(Buffer.from(shown).toString('latin1'));
        if (given.clients) expect(new Set(clients)).toEqual(new Set(given.clients));
      }),
      { numRuns: 60 },
    );
  });

  test('is blanked too where the rest never comes', () => {
    for (let length = 1; length < bytes.length; length++) {
      const all = Buffer.concat(recorded(given, [bytes.subarray(0, length)]).out);
      expect(all.length).toBe(length);
      for (const place of places) if (place < length) expect(all[place], `cut at ${length}`).toBe(BLANK);
    }
  });
});

test.each(protocols.filter(({ recording }) => recording).map(({ name }) => name))('%s takes anything', (name) => {
  const beginnings = CASES.flatMap(([, { protocol, units }]) => (protocol === name ? units : [])).map((unit) =>
    Buffer.from(unit as string),
  );
  const piece = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(Buffer.from('\n'), ...beginnings));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('in', 'out'), piece), { maxLength: 12 }), (said) => {
      const view = viewOf(name, 'tcp');
      const out: Buffer[] = [];
      const handler = { piece: (bytes: Buffer) => void out.push(bytes), saw: () => {} };
      const cutters = { in: new UnitCutter(view, 'in', handler), out: new UnitCutter(view, 'out', handler) };
      for (const [way, bytes] of said) {
        cutters[way].push(bytes, 0);
        view.rejoin(Buffer.from(bytes.length > 0 ? bytes : 'x'), { suffix: '-2', secret: 'other' });
        view.label(way, Buffer.from(bytes.length > 0 ? bytes : 'x'));
      }
      cutters.in.end();
      cutters.out.end();
      expect(Buffer.concat(out).length).toBe(said.reduce((sum, [, { length }]) => sum + length, 0));
    }),
    { numRuns: 150 },
  );
});
