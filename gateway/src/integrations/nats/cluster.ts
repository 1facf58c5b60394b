import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../common/clock.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { Log } from '../../common/log.ts';
import type { Metrics } from '../../common/metrics.ts';
import type { ClusterConfig } from '../../config/cluster.ts';
import type { Hub } from '../../hub/hub.ts';
import type { MessageInit } from '../../hub/message.ts';
import { TopicTrie } from '../../hub/topic-trie.ts';
import type { ObjectInfo } from '../../objects/contract.ts';
import type { ObjectsElsewhere } from '../../objects/elsewhere.ts';
import { Clients } from './clients/clients.ts';
import { Copies } from './copies.ts';
import type { Envelope } from './envelope.ts';
import { Files, type FilesState } from './files/files.ts';
import type { OwnFiles } from './files/giver.ts';
import { Fleeting } from './fleeting.ts';
import { Gateways, type Peer } from './gateways.ts';
import { Interest } from './interest.ts';
import { JETSTREAM } from './kept/engine.ts';
import { Kept, type KeptState } from './kept/kept.ts';
import type { KeptStored } from './kept/stored.ts';
import { streamName } from './kept/stream.ts';
import type { Changes } from './keys/changes.ts';
import { type LinkState, NatsLink } from './link.ts';
import { measure, retainedCounts, scheduledCounts } from './measures.ts';
import { RemoteInterest } from './remote-interest.ts';
import { type RetainedState, type RetainedStored, SharedRetained } from './retained/shared-retained.ts';
import { type ScheduledState, SharedSchedule } from './scheduled/shared-schedule.ts';
import { openSharedBucket } from './shared/shared-bucket.ts';
import { SharedRecords, type SharedRecordsParts, type SharedState } from './shared/shared-records.ts';

export interface ClusterParts {
  config: ClusterConfig & { readonly gateway: string };
  hub: Hub;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  random: () => number;
  incidents: { report(incident: { door: string; who: string; code: ErrorCode; message: string }): void };
  /** Of the gateway. */
  version: string;
  /** What tells this run of the gateway from others: eight letters and digits. */
  epoch: string;
  /** What waits on disk, and what was seen. */
  stored: KeptStored;
  /** Where copies of other gateways' objects are. */
  copiesFolder: string;
  retained: RetainedStored;
  /** What of scheduled messages is not told to the others yet. */
  scheduled: Changes;
}

/** How it stands with the other gateways. */
export interface ClusterState {
  readonly gateway: string;
  readonly link: LinkState;
  /** With how many clients each has. */
  readonly gateways: (Peer & { readonly clients: number })[];
  readonly kept: KeptState;
  readonly files: FilesState;
  /** null: each gateway has its own accounts. */
  readonly accounts: SharedState | null;
  readonly retained: RetainedState;
  readonly scheduled: ScheduledState;
  /** Another gateway has the name of this one. */
  readonly isNameTaken: boolean;
}

/** The objects of this gateway, and their addresses for its own clients. */
export interface SharedFiles extends OwnFiles {
  addressOf(key: string): string | undefined;
}

/** This gateway and others as one conversation, by NATS servers that all of them reach. */
export class Cluster {
  readonly #parts: ClusterParts;
  readonly #link: NatsLink;
  readonly #copies: Copies;
  readonly #gateways: Gateways;
  readonly #interest: Interest;
  readonly #clients: Clients;
  readonly #detach: () => void;
  readonly #kept: Kept;
  readonly #files: Files;
  #accounts: SharedRecords | undefined;
  #addressOf: SharedFiles['addressOf'] = () => undefined;
  readonly #isShared: (channel: string) => boolean;
  readonly #retained: SharedRetained;
  readonly #schedule: SharedSchedule;
  #connection: NatsConnection | undefined;
  #isNameTaken = false;
  /** Called when another gateway has come. */
  onOther: () => void = () => {};

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    const { config, hub, clock, log, metrics, random, version, epoch, stored, incidents } = parts;
    const { gateway, prefix } = config;
    this.#link = new NatsLink({
      ...{ config, clock, log, random },
      up: (connection) => this.#up(connection),
      serversChanged: (connection) => this.#copies.linkUp(connection),
      down: () => {
        this.#copies.linkDown();
        this.#gateways.linkDown();
        this.#clients.linkDown();
        this.#accounts?.linkDown();
        this.#kept.linkDown();
        this.#retained.linkDown();
        this.#schedule.linkDown();
      },
    });
    const buckets = ['gateways', 'clients', 'accounts', 'retained', 'scheduled'].map((name) => `KV_${prefix}_${name}`);
    this.#copies = new Copies({ clock, log, streams: [streamName(prefix), ...buckets] });
    this.#gateways = new Gateways({
      ...{ clock, log, prefix, name: gateway },
      record: { v: 1, epoch, sinceMs: clock.now(), version },
      came: (name, record) => {
        log.info({ gateway: name, version: record.version }, 'another gateway is there');
        this.#clients.came(name, record.epoch);
        this.#files.doubt();
        this.onOther();
      },
      went: (name) => {
        log.info({ gateway: name }, 'another gateway is gone');
        this.#interest.gone(name);
        this.#clients.went(name);
      },
      nameTaken: () => this.#nameTaken(),
    });
    const remote = new RemoteInterest();
    const misread = this.#misreadBy();
    const shared = new SharedChannels(config.share);
    const isShared = (channel: string): boolean => shared.has(channel);
    this.#isShared = isShared;
    const arrived = (envelope: Envelope, from: string) => this.#arrived(envelope, from);
    this.#files = new Files({
      ...{ bus: this.#link, clock, log, metrics, prefix, gateway, misread },
      cache: { folder: parts.copiesFolder, maxBytes: config.maxCopiesBytes },
      others: () => (this.#link.isUp ? this.#gateways.list().map(({ name }) => name) : []),
    });
    const report = (code: ErrorCode, message: string): void =>
      incidents.report({ door: 'cluster', who: gateway, code, message });
    const kept = new Kept({
      ...{ bus: this.#link, hub, clock, log, metrics, prefix, gateway, epoch, stored, isShared, misread, arrived },
      ingress: () => fleeting,
      ...{ streamLimits: { maxBytes: config.streamBytes }, engine: JETSTREAM },
      ...{ report, isPresent: (name: string) => this.#gateways.has(name) },
    });
    this.#kept = kept;
    this.#retained = new SharedRetained({
      ...{ hub, clock, log, prefix, gateway, isShared, misread, report, arrived },
      ...{ stored: parts.retained, share: config.share, counts: retainedCounts(metrics) },
    });
    this.#schedule = new SharedSchedule({
      ...{ hub, clock, log, prefix, gateway, isShared, changes: parts.scheduled, takeOverMs: config.takeOverMs },
      others: () => this.#gateways.list().map(({ name }) => name),
      counts: scheduledCounts(metrics),
    });
    measure(metrics, clock, { retained: () => this.#retained.state, scheduled: () => this.#schedule.state });
    const fleeting: Fleeting = new Fleeting({
      ...{ bus: this.#link, hub, prefix, gateway, epoch, remote, misread, kept, isShared, arrived },
      ...{ counts: countsOf(metrics), soon: setImmediate },
    });
    this.#interest = new Interest({
      ...{ bus: this.#link, clock, prefix, gateway, epoch, remote, misread },
      watchFilters: (watch) => hub.watchFilters(watch, fleeting),
      wanted: (filter) => {
        const undo = [fleeting.wanted(filter), kept.wanted(filter)];
        return () => {
          for (const each of undo) each();
        };
      },
    });
    this.#detach = hub.attach(fleeting);
    this.#clients = new Clients({
      ...{ bus: this.#link, hub, clock, log, metrics, prefix, gateway, epoch, egress: fleeting, misread, arrived },
      heardMs: (name) => this.#gateways.heardMs(name),
      before: () => fleeting.flush(),
    });
    const up = { name: 'crosscomm_cluster_up', help: 'Whether there is a link to the NATS servers: 1 or 0.' };
    metrics.gauge(up, () => Number(this.#link.isUp));
    const others = { name: 'crosscomm_cluster_gateways', help: 'Other gateways that are there.' };
    metrics.gauge(others, () => this.#gateways.list().length);
  }

  get view(): ClusterState {
    const { gateway } = this.#parts.config;
    const counts = this.#clients.counts();
    const gateways = this.#gateways.list().map((peer) => ({ ...peer, clients: counts.get(peer.name) ?? 0 }));
    const kept = this.#kept.state;
    const files = this.#files.state;
    const retained = this.#retained.state;
    const scheduled = this.#schedule.state;
    const accounts = this.#accounts?.state ?? null;
    const shared = { kept, files, retained, scheduled, accounts };
    return { gateway, link: this.#link.state, gateways, isNameTaken: this.#isNameTaken, ...shared };
  }

  /** Gives others the objects of this gateway, and returns what they have. Clients get addresses of what they are told of. */
  async shareFiles({ store, mayGive, addressOf }: SharedFiles): Promise<ObjectsElsewhere> {
    this.#addressOf = addressOf;
    return await this.#files.share({ store, mayGive: (info, who) => this.#mayLeave(info) && mayGive(info, who) });
  }

  /** Has accounts and roles be the same at all gateways that share them; call it before `start`. */
  async shareAccounts({ local, store }: Pick<SharedRecordsParts, 'local' | 'store'>): Promise<void> {
    const { config, clock, log } = this.#parts;
    const { gateway, prefix } = config;
    const open = (connection: NatsConnection) => openSharedBucket(connection, `${prefix}_accounts`);
    this.#accounts = new SharedRecords({ clock, log, gateway, open, local, store, misread: this.#misreadBy() });
    await this.#accounts.start();
  }

  /** Begins to seek the servers; the gateway works without them. */
  start(): void {
    this.#kept.start();
    this.#retained.start();
    this.#schedule.start();
    this.#interest.start();
    this.#link.start();
  }

  async stop(): Promise<void> {
    this.#detach();
    this.#interest.stop();
    this.#kept.stop();
    await this.#files.stop();
    this.#retained.stop();
    this.#schedule.stop();
    this.#copies.linkDown();
    await this.#accounts?.stop();
    await this.#gateways.stop(this.#link.isUp ? this.#connection : undefined).catch(() => {});
    await this.#clients.stop();
    await this.#link.close();
  }

  #up(connection: NatsConnection): void {
    this.#connection = connection;
    this.#files.doubt();
    this.#interest.linkUp();
    this.#kept.linkUp(connection);
    this.#retained.linkUp(connection);
    this.#schedule.linkUp(connection);
    void this.#gateways.linkUp(connection);
    void this.#accounts?.linkUp(connection);
    this.#clients.linkUp(connection);
    this.#copies.linkUp(connection);
  }

  /** What came from another gateway, with the address of its object here. */
  #arrived({ message, hasAddress }: Pick<Envelope, 'message' | 'hasAddress'>, gateway: string): MessageInit {
    const { objectKey } = message;
    if (objectKey === undefined || gateway === this.#parts.config.gateway) return message;
    this.#files.noteTold(objectKey, gateway);
    return hasAddress ? { ...message, objectUrl: this.#addressOf(objectKey) } : message;
  }

  /** What was sent to a private channel stays here, and so does what was sent to one that is not shared. */
  #mayLeave({ to }: ObjectInfo): boolean {
    if (to === undefined) return true;
    const { hub } = this.#parts;
    if (hub.privateNameOf(to, { passwords: true }) !== undefined) return false;
    return this.#isShared(to) || hub.ownClient(to) !== undefined || hub.elsewhere.get(to) !== undefined;
  }

  #nameTaken(): void {
    if (this.#isNameTaken) return;
    this.#isNameTaken = true;
    const { gateway } = this.#parts.config;
    const message = `Another gateway in the cluster is called ${gateway}, too: give one of them another name (cluster.gateway).`;
    this.#parts.log.error({ code: 'CLUSTER_NAME_TAKEN', gateway }, message);
  }

  /** Once for each gateway. */
  #misreadBy(): (gateway: string) => void {
    const told = new Set<string>();
    return (gateway) => {
      if (told.has(gateway) || told.size > 1000) return;
      told.add(gateway);
      const message =
        'Something on the subjects of this cluster is no message of a gateway, or of a version that is not known here.';
      this.#parts.log.warn({ gateway }, message);
    };
  }
}

/** Which channels are shared, by topic filters. */
class SharedChannels {
  readonly #all: boolean;
  readonly #filters = new TopicTrie<true>();

  constructor(filters: readonly string[]) {
    this.#all = filters.includes('#');
    for (const filter of filters) this.#filters.set(filter, filter, true);
  }

  has(channel: string): boolean {
    if (this.#all && channel.charCodeAt(0) !== 36) return true;
    let isShared = false;
    this.#filters.match(channel, () => {
      isShared = true;
    });
    return isShared;
  }
}

function countsOf(metrics: Metrics) {
  const counters = metrics.counters({
    name: 'crosscomm_cluster_messages_total',
    help: 'Messages of QoS 0 to and from other gateways; dropped: they could not be sent.',
    labels: ['way'],
  });
  const [sent, received, dropped] = ['sent', 'received', 'dropped'].map((way) => counters.of({ way }));
  return { sent, received, dropped } as { [way in 'sent' | 'received' | 'dropped']: ReturnType<typeof counters.of> };
}
