import type { HomeDevice } from '../home-device.ts';
import { idOf } from '../ids.ts';
import { type DeviceNote, Entry, platformsOf } from './entry.ts';

/** What is remembered on disk, as texts by key. */
export interface Notes {
  all(): AsyncIterable<readonly [key: string, text: string]>;
  put(key: string, text: string): Promise<void>;
  remove(key: string): Promise<void>;
}

const MOST_DEVICES = 1000;

/** The devices that Home Assistant knows, or knew until its user deleted them; they are on disk, as devices tell of themselves once. */
export class Book {
  readonly #notes: Notes;
  readonly #failed: (error: unknown) => void;
  readonly #byId = new Map<string, Entry>();
  readonly #byName = new Map<string, Entry>();
  #writing: Promise<void> = Promise.resolve();

  /** `failed` is told that something could not be written. */
  constructor(notes: Notes, failed: (error: unknown) => void) {
    this.#notes = notes;
    this.#failed = failed;
  }

  /** Reads what an earlier run has left; what cannot be read is left out. */
  async load(): Promise<void> {
    for await (const [id, text] of this.#notes.all()) {
      const note = readNote(text);
      if (note !== undefined) this.#add(new Entry(id, note));
    }
  }

  entries(): Iterable<Entry> {
    return this.#byId.values();
  }

  get size(): number {
    return this.#byId.size;
  }

  byId(id: string): Entry | undefined {
    return this.#byId.get(id);
  }

  byName(name: string): Entry | undefined {
    return this.#byName.get(name);
  }

  /** A new device; undefined where there is no room for one more. */
  add(device: HomeDevice, source: DeviceNote['source']): Entry | undefined {
    if (this.#byId.size >= MOST_DEVICES && !this.#makeRoom()) return undefined;
    let id = idOf(device.name);
    for (let tries = 2; this.#byId.has(id); tries++) id = idOf(`${device.name} #${tries}`);
    const note = { device, source, platforms: platformsOf(device), gone: {}, isDeleted: false };
    const entry = new Entry(id, note, true);
    this.#add(entry);
    this.save(entry);
    return entry;
  }

  /** The device of an entry has another name or is another now. */
  rename(entry: Entry, device: HomeDevice): void {
    this.#byName.delete(entry.device.name);
    entry.become(device);
    this.#byName.set(device.name, entry);
    this.save(entry);
  }

  remove(entry: Entry): void {
    this.#byId.delete(entry.id);
    if (this.#byName.get(entry.device.name) === entry) this.#byName.delete(entry.device.name);
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

  #add(entry: Entry): void {
    this.#byId.set(entry.id, entry);
    this.#byName.set(entry.device.name, entry);
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
