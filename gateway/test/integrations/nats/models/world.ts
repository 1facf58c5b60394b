import { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemoryDisk } from './disk.ts';
import { ROVER, Room } from './room.ts';
import { TALK } from './sessions.ts';
import { Stream } from './stream.ts';

export const ROOMS = ['attic', 'hall', 'kitchen'];
/** So many turns of the event loop are enough for what one step begins. */
const TURNS = 8;
const DRAIN_ROUNDS = 400;
const DRAIN_MS = 50;

/** Three gateways, what they say, and what is heard of it. */
export class World {
  readonly clock = new FakeClock();
  /** What was said to be safe, by the room in which it was said. */
  readonly safe = { [TALK]: new Map<string, number[]>(), [ROVER]: new Map<string, number[]>() };
  /** The rooms to which the rover came, one after the other. */
  readonly visited: string[] = [];
  /** What the rover was given, each once. */
  readonly #given: string[] = [];
  readonly #keys = new Set<string>();
  readonly #stream = new Stream();
  readonly #disks = ROOMS.map(() => new MemoryDisk());
  readonly #rooms: Room[] = [];
  #runs = 0;
  #count = 0;

  static async open(): Promise<World> {
    const world = new World();
    for (const at of ROOMS.keys()) await world.#start(at);
    for (const room of world.#rooms) room.heal();
    await world.settle();
    world.room(0).come();
    await world.drain();
    world.room(0).go(true);
    await world.drain();
    return world;
  }

  room(at: number): Room {
    return this.#rooms[at] as Room;
  }

  /** Somebody in a room says so many things. */
  say(at: number, to: typeof TALK | typeof ROVER, count: number): void {
    const { name } = this.room(at);
    for (let left = count; left > 0; left--) {
      const number = this.#count++;
      this.room(at).say(to, `${name} ${number}`, () => {
        const all = this.safe[to].get(name) ?? [];
        this.safe[to].set(name, [...all, number]);
      });
    }
  }

  /** The rover comes to a room, wherever it was. */
  visit(at: number): void {
    if (!this.room(at).isHere) this.visited.push(ROOMS[at] as string);
    for (const [other, room] of this.#rooms.entries()) if (other !== at) room.go(false);
    this.room(at).come();
  }

  leave(): void {
    for (const room of this.#rooms) room.go(true);
  }

  /** The gateway is killed, and starts again without a link. */
  async kill(at: number): Promise<void> {
    const wasHere = this.room(at).isHere;
    this.room(at).kill();
    await this.#start(at);
    if (wasHere) this.room(at).come();
  }

  async #start(at: number): Promise<void> {
    const parts = { stream: this.#stream, clock: this.clock, disk: this.#disks[at] as MemoryDisk };
    this.#rooms[at] = await Room.open({ ...parts, name: ROOMS[at] as string, run: this.#runs++ });
  }

  /** Lets all that can happen now happen, and the rover take what is there for it. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await new Promise(setImmediate);
    for (const room of this.#rooms) {
      if (!room.isHere) continue;
      for (const [key, text] of room.sessions.written(ROVER)) {
        // By its number it knows what it was sent before.
        if (!this.#keys.has(`${room.name} ${key}`)) this.#given.push(text);
        this.#keys.add(`${room.name} ${key}`);
        room.sessions.remove(ROVER, key);
      }
    }
  }

  /** All links are there, and nothing gets lost any more, until all is quiet. */
  async drain(): Promise<void> {
    let quiet = 0;
    for (let round = 0; round < DRAIN_ROUNDS && quiet < 80; round++) {
      for (const room of this.#rooms) {
        room.heal();
        room.line.arrive(Number.POSITIVE_INFINITY);
        room.line.acknowledge(Number.POSITIVE_INFINITY);
      }
      await this.settle();
      for (const room of this.#rooms) room.line.read(Number.POSITIVE_INFINITY);
      await this.settle();
      quiet = this.#rooms.every(({ isIdle }) => isIdle) ? quiet + 1 : 0;
      this.clock.advance(DRAIN_MS);
    }
  }

  /** What the rover was given of what was said in a room. */
  given(name: string): number[] {
    return numbersOf(this.#given, name);
  }

  /** What whoever listens in a room has heard of what was said in another. */
  heard(at: number, name: string): number[] {
    const texts = this.room(at).sessions.written('ears');
    return numbersOf(
      texts.map(([, text]) => text),
      name,
    );
  }
}

function numbersOf(texts: readonly string[], name: string): number[] {
  return texts.filter((text) => text.startsWith(`${name} `)).map((text) => Number(text.slice(name.length + 1)));
}
