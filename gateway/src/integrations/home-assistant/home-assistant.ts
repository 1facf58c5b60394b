import type { Clock } from '../../common/clock.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { Log } from '../../common/log.ts';
import type { Metrics } from '../../common/metrics.ts';
import type { DeviceConfig, HomeAssistantConfig } from '../../config/home-assistant.ts';
import type { Hub } from '../../hub/hub.ts';
import type { Message } from '../../hub/message.ts';
import { type AnnouncedDevice, type AnnouncedDevices, configuredDevice } from '../../protocols/announced-devices.ts';
import { type HomeDevice, keyOf } from './home-device.ts';
import { Announcing } from './live/announcing.ts';
import { Book, type Notes } from './live/book.ts';
import { Channels } from './live/channels.ts';
import { Commands } from './live/commands.ts';
import { homeDevice } from './live/described.ts';
import { type Entry, platformsOf } from './live/entry.ts';
import { LeftBehind } from './live/left-behind.ts';
import { OWN_ID, OwnClient } from './live/own-client.ts';
import { Speaker } from './live/speaker.ts';
import { States } from './live/states.ts';
import { Told } from './live/told.ts';
import { Topics } from './topics.ts';

export interface HomeAssistantParts {
  readonly config: HomeAssistantConfig;
  readonly configured: readonly DeviceConfig[];
  readonly devices: AnnouncedDevices;
  readonly version: string;
  /** No other gateway shares what is retained here. */
  readonly isAlone: boolean;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly notes: Notes;
  /** Whether a client may send to a channel. */
  maySend(client: string, channel: string): boolean;
  /** The bytes of the object that a message tells of; undefined where it is longer, or cannot be read. */
  read(message: Message, maxBytes: number): Promise<Uint8Array | undefined>;
  report(incident: { door: string; who: string; code: ErrorCode; message: string }): void;
}

const DOOR = 'home-assistant';
/** How long a client that has come back may take to tell of all its devices. */
const STALE_MS = 30_000;
/** How long Home Assistant takes to know a device that it is to forget. */
const FORGET_MS = 1000;
/** How long it takes until another gateway is known to want what is said for Home Assistant. */
const OTHER_MS = 1000;

/**
 * Tells Home Assistant of devices, by MQTT's retained messages: those that told what they are, and those that the configuration describes. What
 * they say on their channels becomes states there, and what it asks of them is sent to their channels.
 */
export class HomeAssistant {
  readonly #parts: HomeAssistantParts;
  readonly #topics: Topics;
  readonly #client: OwnClient;
  readonly #speaker: Speaker;
  readonly #book: Book;
  readonly #told = new Told();
  readonly #channels: Channels;
  readonly #states: States;
  readonly #commands: Commands;
  readonly #announcing: Announcing;
  readonly #leftBehind: LeftBehind;
  readonly #undo: (() => void)[] = [];
  readonly #stale = new Map<string, () => void>();
  /** Home Assistant has said that it is there since this gateway started. */
  #isHome = false;
  #endOther: () => void = () => {};

  constructor(parts: HomeAssistantParts) {
    const { hub, clock, metrics, config, notes, log } = parts;
    this.#parts = parts;
    this.#topics = new Topics(config);
    this.#client = new OwnClient(hub, (message) => this.#receive(message));
    this.#speaker = new Speaker(hub, clock, (topic) =>
      this.#report(
        'MESSAGES_FULL',
        topic,
        `There is no room to retain ${topic}, so that Home Assistant does not learn it: look at limits.maxRetained.`,
      ),
    );
    this.#book = new Book(notes, (error) =>
      log.error({ code: 'DATA_DIR_UNUSABLE', err: error }, 'What Home Assistant knows could not be written to disk.'),
    );
    this.#channels = new Channels(hub, this.#client, {
      isOurs: (channel) => [config.discoveryPrefix, config.prefix].some((prefix) => channel.startsWith(`${prefix}/`)),
      refused: ({ device }, channel) =>
        this.#report(
          'PEER_BAD_NAME',
          device.name,
          `Device ${device.name} names the channel ${channel.slice(0, 60)}, which cannot be heard for Home Assistant: it is private, reserved, no name, or one too many (clients.maxSubscriptions).`,
        ),
    });
    const report = (code: ErrorCode, who: string, message: string): void => this.#report(code, who, message);
    this.#states = new States({ ...parts, topics: this.#topics, speaker: this.#speaker, report });
    this.#commands = new Commands({
      ...{ metrics, topics: this.#topics, speaker: this.#speaker, channels: this.#channels, states: this.#states },
      ...{ book: this.#book, report },
      maySend: (client, channel) => parts.maySend(client, channel),
      isElsewhere: (entry) => this.#isElsewhere(entry),
    });
    this.#announcing = new Announcing({
      ...{ clock, topics: this.#topics, speaker: this.#speaker, states: this.#states, version: parts.version },
      isThere: (entry) => this.#isThere(entry),
      isElsewhere: (entry) => this.#isElsewhere(entry),
      forgot: (entry) => {
        entry.forgetGone();
        this.#book.save(entry);
      },
    });
    const own = { client: this.#client, speaker: this.#speaker, book: this.#book, topics: this.#topics };
    this.#leftBehind = new LeftBehind(own);
    metrics.gauge(
      { name: 'crosscomm_home_assistant_devices', help: 'How many devices Home Assistant is told of.' },
      () => this.#book.size,
    );
  }

  /** Takes up what an earlier run has left. To be called before clients come. */
  async begin(): Promise<void> {
    const { hub, devices, configured, config, isAlone } = this.#parts;
    await this.#book.load();
    this.#client.join();
    if (isAlone) this.#leftBehind.clear(this.#book.prefixes, config);
    this.#book.notePrefixes(config);
    for (const entry of this.#book.entries()) if (!entry.isDeleted) this.#channels.add(entry);
    this.#configure(configured.map((described) => homeDevice(configuredDevice(described))));
    this.#undo.push(
      devices.onTold((device) => this.#tell(device)),
      hub.events.on('join', (id) => this.#came(id)),
      hub.events.on('leave', (id) => this.#went(id)),
      hub.events.on('came', (id) => this.#movedOf(id)),
      hub.events.on('went', ({ id }) => this.#movedOf(id)),
    );
    const { birth, configs, commands } = this.#topics;
    for (const topic of [birth, configs, commands]) hub.subscribe(this.#client, topic, { retained: false });
  }

  /** All listeners are open. */
  start(): void {
    this.#speaker.retain(this.#topics.status, 'online');
    this.#announcing.announceAll(this.#book.entries());
  }

  /** Another gateway has come, where Home Assistant may be: what was said meanwhile was not heard there. */
  otherCame(): void {
    this.#endOther();
    this.#endOther = this.#parts.clock.after(OTHER_MS, () => {
      this.#speaker.retain(this.#topics.status, 'online');
      this.#announcing.announceAll(this.#book.entries());
    });
  }

  /** The gateway is about to stop; connections are still open. */
  sayGoodbye(): void {
    this.#speaker.retain(this.#topics.status, 'offline');
  }

  async stop(): Promise<void> {
    for (const undo of [...this.#undo, ...this.#stale.values()]) undo();
    this.#endOther();
    this.#announcing.stop();
    this.#states.stop();
    this.#client.close();
    await this.#book.written();
  }

  #receive(message: Message): void {
    const { to } = message;
    for (const part of this.#channels.partsAt(to)) {
      if (!this.#isElsewhere(part.entry)) this.#states.take(part, message);
    }
    if (message.from === OWN_ID) return;
    const { config } = this.#parts;
    if (to === this.#topics.birth) {
      this.#isHome = message.body === 'online';
      if (this.#isHome) this.#greet();
    } else if (to.startsWith(`${config.prefix}/set/`)) this.#commands.take(message);
    else if (to.startsWith(`${config.discoveryPrefix}/device/`) && message.body.length === 0) this.#deleted(to);
  }

  /** Home Assistant has started, or has its connection again. */
  #greet(): void {
    this.#announcing.announceAll(this.#book.entries(), true);
    this.#removeOrphans();
    for (const entry of [...this.#book.buried()]) {
      this.#announcing.removeAgain(entry, () => this.#book.remove(entry));
    }
  }

  #removeOrphans(): void {
    if (!this.#leftBehind.hasOrphans) return;
    this.#leftBehind.tellOrphans();
    this.#undo.push(this.#parts.clock.after(FORGET_MS, () => this.#leftBehind.again()));
  }

  /** Home Assistant empties the topic of a device that its user deletes. */
  #deleted(topic: string): void {
    const id = this.#topics.deviceOf(topic);
    const entry = id === undefined ? undefined : this.#book.byId(id);
    if (entry === undefined || entry.isDeleted) return;
    entry.isDeleted = true;
    this.#channels.remove(entry);
    this.#announcing.withdraw(entry);
    this.#book.save(entry);
    this.#parts.log.info(
      { device: entry.device.name },
      'a device was deleted in Home Assistant; it is not told of it again',
    );
  }

  #tell(announced: AnnouncedDevice): void {
    // Its name and its client are others at each start.
    const { handle } = announced;
    if (handle === undefined || this.#parts.hub.client(handle)?.transient) return;
    const device = homeDevice(announced);
    if (Object.keys(platformsOf(device)).length === 0) return;
    const entry = this.#book.byKey(keyOf(device)) ?? this.#renamed(device);
    if (entry === undefined) this.#added(device, 'told');
    else if (this.#isOfAnother(entry, device)) {
      const what = `Client ${handle} tells of a device ${device.name}, which is that of ${entry.device.client} already: give it another name`;
      this.#report('PEER_NAME_TAKEN', handle, `${what}; it is left out.`);
    } else if (entry.source === 'told') {
      this.#told.note(entry);
      this.#changed(entry, device);
    }
    this.#lookForStale(handle);
  }

  /** Whether a device is that of another client, which is online: two cannot be one. */
  #isOfAnother({ source, device: { client } }: Entry, device: HomeDevice): boolean {
    return source === 'told' && client !== undefined && client !== device.client && this.#parts.hub.isOnline(client);
  }

  /** The device that a client now calls by another name: it has the same parts, and was not told of since that came back. */
  #renamed(device: HomeDevice): Entry | undefined {
    if (device.client === undefined) return undefined;
    const parts = JSON.stringify(Object.entries(platformsOf(device)).sort());
    const same = this.#told
      .staleOf(device.client, this.#book.ofClient(device.client))
      .filter(({ platforms }) => JSON.stringify(Object.entries(platforms).sort()) === parts);
    return same.length === 1 ? same[0] : undefined;
  }

  #lookForStale(client: string): void {
    if (this.#stale.has(client)) return;
    const look = (): void => {
      this.#stale.delete(client);
      for (const entry of this.#told.staleOf(client, this.#book.ofClient(client))) this.#remove(entry);
    };
    this.#stale.set(client, this.#parts.clock.after(STALE_MS, look));
  }

  #configure(devices: readonly HomeDevice[]): void {
    const keys = new Set(devices.map(keyOf));
    const over = [...this.#book.entries()].filter(
      ({ source, device }) => source === 'configured' && !keys.has(keyOf(device)),
    );
    for (const entry of over) this.#remove(entry);
    for (const device of devices) {
      const entry = this.#book.byKey(keyOf(device));
      if (entry?.source === 'configured') this.#changed(entry, device);
      else {
        if (entry !== undefined) this.#remove(entry);
        this.#added(device, 'configured');
      }
    }
  }

  #added(device: HomeDevice, source: Entry['source']): void {
    const entry = this.#book.add(device, source);
    if (entry === undefined) {
      const what = 'Home Assistant is told of as many devices as it can be: delete some there that are gone';
      this.#report('PEER_TOO_MANY', device.name, `${what}; device ${device.name} is left out.`);
      return;
    }
    if (this.#isElsewhere(entry)) this.#setAway(entry, true);
    this.#told.note(entry);
    this.#channels.add(entry);
    this.#announcing.announceSoon(entry);
  }

  #changed(entry: Entry, device: HomeDevice): void {
    if (!entry.differs(device)) {
      if (!entry.isAnnounced && !entry.isDeleted) this.#announcing.announceSoon(entry);
      return;
    }
    this.#channels.remove(entry);
    this.#book.rename(entry, device);
    if (entry.isDeleted) return;
    this.#channels.add(entry);
    this.#announcing.announceSoon(entry);
  }

  #remove(entry: Entry): void {
    this.#channels.remove(entry);
    this.#announcing.remove(entry);
    if (this.#isHome || entry.isDeleted) this.#book.remove(entry);
    else this.#book.bury(entry);
  }

  #came(client: string): void {
    const entries = this.#of(client);
    for (const entry of entries) this.#setAway(entry, false);
    if (entries.length > 0) {
      this.#told.came(client);
      // It may take its time to tell of its devices, or not do so at all.
      this.#stale.get(client)?.();
      this.#stale.delete(client);
    }
    for (const entry of entries) {
      if (entry.isAnnounced) this.#announcing.showPresence(entry);
      else this.#announcing.announceSoon(entry);
    }
  }

  #went(client: string): void {
    for (const entry of this.#of(client)) this.#announcing.showPresence(entry);
  }

  /** A client has come to another gateway, which tells of its devices from then on, or has gone there. */
  #movedOf(client: string): void {
    for (const entry of this.#of(client)) {
      if (this.#isElsewhere(entry)) this.#setAway(entry, true);
      else if (!entry.isAway) this.#announcing.showPresence(entry);
    }
  }

  /** Whoever had a device last tells of it, also while it is nowhere: else two would tell of one. */
  #setAway(entry: Entry, isAway: boolean): void {
    if (isAway) entry.isAnnounced = false;
    if (entry.isAway === isAway) return;
    entry.isAway = isAway;
    this.#book.save(entry);
  }

  #of(client: string): Entry[] {
    return this.#book.ofClient(client).filter(({ isDeleted }) => !isDeleted);
  }

  #isThere({ device: { client } }: Entry): boolean {
    return client === undefined || this.#parts.hub.session(client) !== undefined;
  }

  /** Whether another gateway tells of a device. */
  #isElsewhere({ isAway, device: { client } }: Entry): boolean {
    const { hub } = this.#parts;
    if (client === undefined || hub.session(client) !== undefined) return false;
    return isAway || hub.isOnline(client);
  }

  #report(code: ErrorCode, who: string, message: string): void {
    this.#parts.report({ door: DOOR, who, code, message });
  }
}
