import fc from 'fast-check';
import { expect } from 'vitest';
import { ROVER } from './room.ts';
import { TALK } from './sessions.ts';
import { ROOMS, World } from './world.ts';

/** Commands are not compared with a model of the state, but with what must be true in the end. */
type Model = Record<string, never>;

/** One thing that happens. */
class Step implements fc.AsyncCommand<Model, World> {
  readonly #what: string;
  readonly #run: (world: World) => unknown;

  constructor(what: string, run: (world: World) => unknown) {
    this.#what = what;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  async run(_model: Model, world: World): Promise<void> {
    await this.#run(world);
    await world.settle();
  }

  toString(): string {
    return this.#what;
  }
}

const at = fc.nat({ max: ROOMS.length - 1 });
const few = fc.integer({ min: 1, max: 4 });

/** All that one room has under way comes through, and it reads all that there is. */
async function flow(world: World, room: number): Promise<void> {
  const { line } = world.room(room);
  for (let round = 0; round < 2; round++) {
    line.arrive(Number.POSITIVE_INFINITY);
    line.acknowledge(Number.POSITIVE_INFINITY);
    await world.settle();
  }
  line.read(Number.POSITIVE_INFINITY);
}

/** Steps by how often they are taken. */
const STEPS: [weight: number, step: fc.Arbitrary<Step>][] = [
  [
    3,
    fc
      .tuple(at, few)
      .map(([room, count]) => new Step(`say(${room},${count})`, (world) => world.say(room, TALK, count))),
  ],
  [
    3,
    fc
      .tuple(at, few)
      .map(([room, count]) => new Step(`tell(${room},${count})`, (world) => world.say(room, ROVER, count))),
  ],
  [2, at.map((room) => new Step(`visit(${room})`, (world) => world.visit(room)))],
  [1, fc.constant(new Step('leave', (world) => world.leave()))],
  [5, at.map((room) => new Step(`flow(${room})`, (world) => flow(world, room)))],
  [
    3,
    fc.tuple(at, few, fc.boolean()).map(([room, count, isRefused]) => {
      return new Step(`arrive(${room},${count},${isRefused})`, (world) =>
        world.room(room).line.arrive(count, isRefused),
      );
    }),
  ],
  [
    3,
    fc.tuple(at, few, fc.boolean()).map(([room, count, isReversed]) => {
      const acknowledge = (world: World) => world.room(room).line.acknowledge(count, isReversed);
      return new Step(`acknowledge(${room},${count},${isReversed})`, acknowledge);
    }),
  ],
  [
    3,
    fc
      .tuple(at, few)
      .map(([room, count]) => new Step(`read(${room},${count})`, (world) => world.room(room).line.read(count))),
  ],
  [1, at.map((room) => new Step(`cut(${room})`, (world) => world.room(room).cut()))],
  [2, at.map((room) => new Step(`heal(${room})`, (world) => world.room(room).heal()))],
  [1, at.map((room) => new Step(`kill(${room})`, (world) => world.kill(room)))],
  [2, fc.constant(new Step('pass', (world) => world.clock.advance(120)))],
];
const SCHEDULES = fc.commands(
  STEPS.flatMap(([weight, step]) => Array.from({ length: weight }, () => step)),
  { maxCommands: 80, size: 'max' },
);

/** So long is a message held back for what waits elsewhere; what is later than that may come first. */
const IN_ORDER_MS = 1500;

/**
 * Runs schedules of what can happen to three gateways: each message that was said to be safe is heard once in every other room, and by the client
 * that it is for, wherever that is by then; those of one room in their order.
 */
export async function runSchedules(numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(SCHEDULES, at, async (commands, last) => {
      const world = await World.open();
      const begunMs = world.clock.now();
      await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
      const isQuick = world.clock.now() - begunMs < IN_ORDER_MS;
      // What is said in the room to which it has just come may be there before what was said there earlier, and waits elsewhere; and one that moves
      // on before what waited has come may get that later.
      const visited = [...world.visited];
      await world.drain();
      world.visit(last);
      await world.drain();
      await world.settle();
      for (const [from, name] of ROOMS.entries()) {
        const said = world.safe[TALK].get(name) ?? [];
        for (const there of ROOMS.keys()) {
          if (there !== from) expectOnce(world.heard(there, name), said, true, `${name} in ${ROOMS[there]}`);
        }
        expectOnce(
          world.given(name),
          world.safe[ROVER].get(name) ?? [],
          isQuick && visited.length < 2 && !visited.includes(name),
          `${name} to the rover`,
        );
      }
    }),
    { numRuns },
  );
}

/** All of these are there, each once; others may be that their sender was not told of. */
function expectOnce(found: readonly number[], said: readonly number[], isInOrder: boolean, what: string): void {
  expect([...new Set(found)].length, `${what}: once of ${found}`).toBe(found.length);
  expect(found, what).toEqual(expect.arrayContaining([...said]));
  if (isInOrder) expect(found, `${what}: in order`).toEqual([...found].sort((a, b) => a - b));
}
