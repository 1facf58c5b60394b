import { type HomeDevice, keyOf } from '../home-device.ts';
import { idOf } from '../ids.ts';
import { type DeviceNote, Entry, platformsOf } from './entry.ts';

/** What is remembered on disk, as texts by key. */
export interface Notes {
  all(): AsyncIterable<readonly [key: string, text: string]>;
  put(key: string, text: string): Promise<void>;
  remove(key: string): Promise<void>;
}

const MOST_DEVICES = 1000;
const MOST_BURIED = 100;
const NOTHING: readonly Entry[] = [];
/** Where the prefixes are remembered: no id of a device has such a character. */
const PREFIXES = '#prefixes';

/** What the topics begin with, as the configuration has them. */
export interface Prefixes {
  readonly discoveryPrefix: string;
  readonly prefix: string;
}

/** The devices that Home Assistant knows, or knew until its user deleted them; they are on disk, as devices tell of themselves once. */
export class Book {
  readonly #notes: Notes;
  readonly #failed: (error: unknown) => void;
  readonly #byId = new Map<string, Entry>();
  readonly #byKey = new Map<string, Entry>();
  readonly #buried = new Map<string, Entry>();
  /** Made when it is asked for, after each change. */
  #byClient: Map<string, Entry[]> | undefined;
  #prefixes: Prefixes | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** `failed` is told that something could not be written. */
  constructor(notes: Notes, failed: (error: unknown) => void) {
    this.#notes = notes;
    this.#failed = failed;
  }

  /** Reads what an earlier run has left; what cannot be read is left out. */
  async load(): Promise<void> {
    for await (const [id, text] of this.#notes.all()) {
      if (id === PREFIXES) this.#prefixes = readPrefixes(text);
      const note = readNote(text);
      if (note === undefined) continue;
      const entry = new Entry(id, note);
      if (entry.isBuried) this.#buried.set(id, entry);
      else this.#add(entry);
    }
  }

  entries(): Iterable<Entry> {
    return this.#byId.values();
  }

  /** Those that are no more, of which a Home Assistant that was away does not know that yet. */
  buried(): Iterable<Entry> {
    return this.#buried.values();
  }

  /** The devices that a client is. */
  ofClient(client: string): readonly Entry[] {
    this.#byClient ??= this.#groups();
    return this.#byClient.get(client) ?? NOTHING;
  }

  get size(): number {
    return this.#byId.size;
  }

  byId(id: string): Entry | undefined {
    return this.#byId.get(id);
  }

  byKey(key: string): Entry | undefined {
    return this.#byKey.get(key);
  }

  /** Whether a device of this id is remembered, also one that is no more. */
  knows(id: string): boolean {
    return this.#byId.has(id) || this.#buried.has(id);
  }

  /** What the topics of the earlier run began with; undefined where that is not known. */
  get prefixes(): Prefixes | undefined {
    return this.#prefixes;
  }

  /** Remembers what the topics begin with. */
  notePrefixes({ discoveryPrefix, prefix }: Prefixes): void {
    const text = JSON.stringify({ discoveryPrefix, prefix });
    if (text !== JSON.stringify(this.#prefixes)) this.#write(() => this.#notes.put(PREFIXES, text));
  }

  /** A new device; undefined where there is no room for one more. */
  add(device: HomeDevice, source: DeviceNote['source']): Entry | undefined {
    if (this.#byId.size >= MOST_DEVICES && !this.#makeRoom()) return undefined;
    const key = keyOf(device);
    let id = idOf(key);
    for (let tries = 2; this.#byId.has(id); tries++) id = idOf(`${key} #${tries}`);
    const note = { device, source, platforms: platformsOf(device), gone: {}, isDeleted: false };
    this.#buried.delete(id);
    const entry = new Entry(id, note);
    this.#add(entry);
    this.save(entry);
    return entry;
  }

  /** The device of an entry has another name or is another now. */
  rename(entry: Entry, device: HomeDevice): void {
    this.#byKey.delete(keyOf(entry.device));
    entry.become(device);
    this.#byClient = undefined;
    this.#byKey.set(keyOf(device), entry);
    this.save(entry);
  }

  /** It is no more, and is remembered until Home Assistant knows that. */
  bury(entry: Entry): void {
    this.remove(entry);
    entry.isBuried = true;
    this.#buried.set(entry.id, entry);
    this.save(entry);
    for (const oldest of this.#buried.values()) {
      if (this.#buried.size <= MOST_BURIED) break;
      this.remove(oldest);
    }
  }

  /** Nothing is known of it any more. */
  remove(entry: Entry): void {
    if (this.#buried.get(entry.id) === entry) this.#buried.delete(entry.id);
    if (this.#byId.get(entry.id) === entry) this.#byId.delete(entry.id);
    this.#byClient = undefined;
    const key = keyOf(entry.device);
    if (this.#byKey.get(key) === entry) this.#byKey.delete(key);
    this.#write(() => this.#notes.remove(entry.id));
  }

  save(entry: Entry): void {
    const text = JSON.stringify(entry.note);
    this.#write(() => this.#notes.put(entry.id, text));
  }

  /** Resolves when all is written. */
  written(): Promise<void> {
    return this.#writing;
  }

  #groups(): Map<string, Entry[]> {
    const groups = new Map<string, Entry[]>();
    for (const entry of this.#byId.values()) {
      const { client } = entry.device;
      if (client === undefined) continue;
      const group = groups.get(client);
      if (group === undefined) groups.set(client, [entry]);
      else group.push(entry);
    }
    return groups;
  }

  #add(entry: Entry): void {
    this.#byClient = undefined;
    this.#byId.set(entry.id, entry);
    this.#byKey.set(keyOf(entry.device), entry);
  }

  /** One that was deleted is the first that nobody misses. */
  #makeRoom(): boolean {
    for (const entry of this.#byId.values()) {
      if (!entry.isDeleted) continue;
      this.remove(entry);
      return true;
    }
    return false;
  }

  #write(write: () => Promise<void>): void {
    this.#writing = this.#writing.then(write).catch(this.#failed);
  }
}

function readNote(text: string): DeviceNote | undefined {
  try {
    const note = JSON.parse(text) as DeviceNote;
    return typeof note.device.name === 'string' && Array.isArray(note.device.components) ? note : undefined;
  } catch {
    return undefined;
  }
}

function readPrefixes(text: string): Prefixes | undefined {
  try {
    const { discoveryPrefix, prefix } = JSON.parse(text) as Prefixes;
    return typeof discoveryPrefix === 'string' && typeof prefix === 'string' ? { discoveryPrefix, prefix } : undefined;
  } catch {
    return undefined;
  }
}
