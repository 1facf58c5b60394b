import type { FuzzTarget } from '@crosscomm/testing/fuzzing';
import { connect, packetOfDisconnect } from '../conformance/packets.ts';
import { Ledger } from './ledger.ts';
import { IDS, Script, TOPICS } from './script.ts';
import { SESSION_EXPIRY_MS, World } from './world.ts';

/**
 * The sessions of our own core, which must take whatever clients do, in any order: an input's first byte chooses the options, and the rest
 * is a script of what up to four clients at a time do (see `Script`).
 */

/** Takes what must still come for a session that is still there, and sees that nothing is missing. */
async function collect(world: World, ledger: Ledger, script: Script): Promise<void> {
  for (const [id, session] of ledger.lasting) {
    const caller = script.dial();
    caller.send(connect(5, { id, clean: false, properties: [['sessionExpiry', 1000]] }));
    await script.settle();
    if (!caller.connack?.sessionPresent) ledger.violate(`the session of ${id} is gone`);
    while (script.politely(caller)) await script.settle();
    const isLossy = session.isLossy || world.reports.some(({ who }) => who === id);
    if (session.expected.size > 0 && !isLossy) ledger.violate(`${id} did not get ${[...session.expected].join()}`);
    ledger.check();
  }
}

/** Ends all sessions, and sees that nothing is left of them. */
async function clear(world: World, ledger: Ledger, script: Script): Promise<void> {
  for (const id of new Set(IDS)) {
    const caller = script.dial();
    caller.send(connect(5, { id, clean: true }));
    await script.settle();
    caller.send(packetOfDisconnect(0));
  }
  for (const caller of script.callers) caller.leave(true);
  await world.settle();
  world.clock.advance(SESSION_EXPIRY_MS + 1000);
  await world.settle();
  const left = await world.remains(TOPICS, ledger.sessions.keys());
  if (left.length > 0) ledger.violate(`when all had gone there were ${left.join(', ')}`);
  ledger.check();
}

/** Does what an input says. */
async function play(input: Buffer, world: World, ledger: Ledger): Promise<void> {
  await world.open((input[0] ?? 0) & 1 ? 60 : 0);
  const script = new Script(input, 1, world, ledger);
  await script.run();
  ledger.check();
  for (const caller of script.callers) caller.leave(true);
  await script.settle();
  await collect(world, ledger, script);
  await clear(world, ledger, script);
  await world.close();
  ledger.check();
  for (const { code, what } of world.reports) ledger.happened(`${code} ${what.replaceAll(/".*"|\d+/gu, '#')}`);
}

/** CONNECT of each version, with and without a session; SUBSCRIBE, PUBLISH of each QoS, and answers. */
const NEW_5 = [0, 0, 0, 0, 0, 1, 0, 0, 0];
const KEPT_5 = [0, 0, 0, 0, 0, 5, 0, 0, 0];
const NEW_4 = [0, 1, 3, 1, 1];
const KEPT_4 = [0, 1, 3, 1, 0];
const WITH_WILL = [0, 1, 3, 1, 3, 0];
const NEW_3 = [0, 2, 5, 3, 1];
const SUBSCRIBE = [5, 0, 0, 0, 2];
const SUBSCRIBE_4 = [5, 1, 0, 0, 1];
const SHARED = [5, 0, 4, 6, 1, 9];
const PUBLISH = [0, 1, 2].map((qos) => [2, 1, qos, 0, 1]);
const RETAINED = [2, 1, 9, 0, 0x49, 2, 1];
const ANSWER = [...[8, 0, 8, 1], ...[8, 0, 8, 1]];

export const target: FuzzTarget = {
  seeds: [
    [...NEW_5, ...SUBSCRIBE, ...NEW_4, ...PUBLISH.flat(), ...ANSWER],
    [...KEPT_5, ...SUBSCRIBE, 13, 0, 1, ...KEPT_4, ...PUBLISH.flat(), ...ANSWER, ...KEPT_5, ...ANSWER],
    [...NEW_3, ...KEPT_4, ...SUBSCRIBE_4, ...PUBLISH.flat(), 23, 0, ...KEPT_4, ...ANSWER],
    [...NEW_5, ...SUBSCRIBE, ...WITH_WILL, 12, 1, 0, ...WITH_WILL, 13, 1, 1],
    [...NEW_5, ...SHARED, ...NEW_4, ...PUBLISH.flat(), ...RETAINED, ...SUBSCRIBE, ...ANSWER],
  ].map((bytes) => Buffer.from([0, ...bytes])),
  // What is done; a connection; a wait for each time.
  words: [
    ...[NEW_5, KEPT_5, NEW_4, KEPT_4, NEW_3, SUBSCRIBE, SUBSCRIBE_4, SHARED, ...PUBLISH, RETAINED, ANSWER],
    ...Array.from({ length: 24 }, (_, what) => [what, 0]),
    ...Array.from({ length: 8 }, (_, wait) => [14, 0, wait]),
  ].map((bytes) => Buffer.from(bytes)),

  async run(input) {
    const world = new World();
    const ledger = new Ledger(world);
    const fault = (error: unknown): void => {
      world.faults.push(error instanceof Error ? String(error.stack) : String(error));
    };
    process.on('uncaughtException', fault).on('unhandledRejection', fault);
    try {
      await play(input, world, ledger);
    } finally {
      process.off('uncaughtException', fault).off('unhandledRejection', fault);
    }
    return ledger.words;
  },
};
