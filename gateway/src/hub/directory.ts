import { channelFault, isGatewayName } from '../common/names.ts';
import { hasPassword, parseAddress } from './address.ts';
import type { ChannelTable } from './channels.ts';
import type { ClientInfo } from './client.ts';
import type { ClientSummary, ClientTable } from './clients.ts';
import type { Egresses } from './egresses.ts';
import type { Elsewhere } from './elsewhere.ts';
import type { Message } from './message.ts';
import type { RetainedTable } from './retained.ts';
import type { Protocol, Session } from './session.ts';

/** What the hub writes and its directory reads. */
export interface DirectoryTables {
  readonly clients: ClientTable;
  readonly channels: ChannelTable;
  readonly retained: RetainedTable;
  readonly egresses: Egresses;
  readonly elsewhere: Elsewhere;
}

/**
 * Answers questions about clients, channels and names, including those of other matchers. It changes nothing, and sends no
 * messages.
 */
export class Directory {
  readonly #clients: ClientTable;
  readonly #channels: ChannelTable;
  readonly #retained: RetainedTable;
  readonly #egresses: Egresses;
  readonly #elsewhere: Elsewhere;
  readonly #reserved = new Set<string>();

  constructor({ clients, channels, retained, egresses, elsewhere }: DirectoryTables) {
    this.#clients = clients;
    this.#channels = channels;
    this.#retained = retained;
    this.#egresses = egresses;
    this.#elsewhere = elsewhere;
  }

  /** Reserves `id` for the gateway; built-in services do this for their names. */
  reserve(id: string): void {
    this.#reserved.add(id);
  }

  /** True if `id` is reserved for the gateway. */
  isReserved(id: string): boolean {
    return isGatewayName(id) || this.#reserved.has(id);
  }

  /** True if a new client with this `id` could be taken for another: it is the name of a known client or of a channel. */
  isTaken(id: string): boolean {
    return this.isReserved(id) || this.#clients.get(id) !== undefined || this.isOnline(id) || this.hasMembers(id);
  }

  // Clients

  /** The session that has `id` now. */
  session(id: string): Session | undefined {
    return this.#clients.session(id);
  }

  /** Whether a client of this id is online, here or at another gateway. */
  isOnline(id: string): boolean {
    return this.#clients.session(id) !== undefined || this.#elsewhere.get(id) !== undefined;
  }

  client(id: string): ClientInfo | undefined {
    const record = this.#clients.get(id);
    const remote = record?.session === undefined ? this.#elsewhere.get(id) : undefined;
    return remote === undefined ? record?.info() : this.#elsewhere.info(id, remote);
  }

  /** What is known of a client of this gateway's own, whatever others have under its id. */
  ownClient(id: string): ClientInfo | undefined {
    return this.#clients.get(id)?.info();
  }

  /** Whose account a client is, and what it speaks; nothing is made for the answer. */
  sender(id: string): { readonly account: string | undefined; readonly protocol: Protocol } | undefined {
    return this.#clients.get(id);
  }

  /** Every client that is known, the gateway's own left out, in the order of joining; then those that are online at other gateways. */
  clients(): ClientInfo[] {
    const own = this.#clients.list();
    if (this.#elsewhere.size === 0) return own;
    const all = own.filter(({ id, online }) => online || this.#elsewhere.get(id) === undefined);
    for (const [id, remote] of this.#elsewhere.entries()) all.push(this.#elsewhere.info(id, remote));
    return all;
  }

  /** The same without those at other gateways. */
  ownClients(): ClientInfo[] {
    return this.#clients.list();
  }

  /** How many clients are known and online, the gateway's own left out, and the `most` that joined last of the latter. */
  summary(most: number): ClientSummary {
    return this.#clients.summary(most);
  }

  /** The ids of the clients that are online, the gateway's own left out, in the order of joining; then those at other gateways. */
  onlineIds(): string[] {
    const ids = this.#clients.onlineIds();
    if (this.#elsewhere.size > 0) for (const [id] of this.#elsewhere.entries()) ids.push(id);
    return ids;
  }

  /** The clients of one origin, known or online, each with its session where it has one. */
  ofOrigin(origin: string): { id: string; session: Session | undefined }[] {
    return this.#clients.ofOrigin(origin).map(({ id, session }) => ({ id, session }));
  }

  /** How many are online by each protocol, the gateway's own left out. */
  onlineByProtocol(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { protocol } of this.#clients.onlineRecords()) counts[protocol] = (counts[protocol] ?? 0) + 1;
    return counts;
  }

  get onlineCount(): number {
    return this.#clients.online;
  }

  /**
   * Changes whenever a client comes or goes, and whenever a channel gets its first or loses its last subscriber or its retained
   * message. While it stays the same, a list of names is still right.
   */
  get namesVersion(): number {
    return this.#clients.version + this.#channels.version + this.#retained.version + this.#elsewhere.version;
  }

  /** The addresses that a session is subscribed to, passwords included, for itself alone. */
  subscriptions(session: Session): string[] {
    const record = this.#clients.get(session.id);
    return record?.session === session ? Array.from(record.subscriptions.values(), ({ address }) => address) : [];
  }

  // Channels

  /** The names of all channels with subscribers, private ones left out, oldest first. */
  channels(): string[] {
    return this.#channels.publicNames();
  }

  /**
   * What can be sent to, each once: the channels with subscribers, private ones left out, and the clients that are online,
   * oldest first; then the channels without subscribers that have a retained message.
   */
  names(): string[] {
    const names = new Set<string>();
    const channels = this.#channels.publicChannels();
    let channel = channels.next();
    for (const { id, order } of this.#clients.onlineRecords()) {
      for (; !channel.done && channel.value.order < order; channel = channels.next()) names.add(channel.value.name);
      names.add(id);
    }
    for (const [id] of this.#elsewhere.entries()) names.add(id);
    for (; !channel.done; channel = channels.next()) names.add(channel.value.name);
    for (const name of this.#retained.ownChannels()) if (!this.isPrivate(name) && !hasPassword(name)) names.add(name);
    return [...names];
  }

  /**
   * All channels that there are, each once: those with subscribers, of other matchers too, and those with a retained message; private ones
   * left out.
   */
  everyChannel(): Set<string> {
    const names = new Set(this.#channels.publicNames());
    for (const name of this.#egresses.channels()) if (!this.isPrivate(name)) names.add(name);
    for (const name of this.#retained.channels()) if (!this.isPrivate(name) && !hasPassword(name)) names.add(name);
    return names;
  }

  /** What a client is subscribed to, or will be again when it comes back, other matchers included; nothing that has a password. */
  subscriptionsOf(id: string): string[] {
    return [...(this.#clients.get(id)?.lasting() ?? []), ...this.#egresses.subscriptions(id)];
  }

  /** True where the channel exists and `password` opens it. */
  opens(name: string, password: string | undefined): boolean {
    const channel = this.#channels.get(name);
    return channel !== undefined && channel.password === password;
  }

  /** The ids of a channel's subscribers, those of other matchers included. */
  members(name: string): string[] {
    return [...this.eachMember(name)];
  }

  /** The same one by one, for whoever needs only the first. */
  *eachMember(name: string): Generator<string> {
    for (const { session } of this.#channels.get(name)?.subscriptions ?? []) yield session.id;
    yield* this.#egresses.subscribers(name);
  }

  /** Whether anybody subscribes to exactly this channel, by whatever protocol. */
  hasMembers(name: string): boolean {
    const channel = this.#channels.get(name);
    return (channel !== undefined && channel.subscriptions.length > 0) || this.#egresses.hasSubscribers(name);
  }

  /**
   * True if a message would not reach the client that it is for: the client is known and offline, and nothing keeps the message for it.
   * Clients that subscribe to channels by patterns would get it, but no client subscribes to this name.
   */
  misses({ to, from }: Message): boolean {
    const client = this.#clients.get(to);
    if (client === undefined || this.isOnline(to) || this.#elsewhere.homes.homeOf(to) !== undefined) return false;
    return !this.hasMembers(to) && !this.#egresses.keepsFor(to, from);
  }

  /** True where the channel exists and has a password. */
  isPrivate(name: string): boolean {
    return this.#channels.get(name)?.password !== undefined;
  }

  /** True where what follows the colon is a password, and not a part of a name that somebody has or listens to. */
  isSecret(to: string, { passwords = false }: { passwords?: boolean }): boolean {
    return passwords && hasPassword(to) && !this.#clients.get(to) && !this.isOnline(to) && !this.hasMembers(to);
  }

  /**
   * The private channel that a message to `to` is for, named with its password, right or wrong; undefined where `to` is a name as a whole.
   * `passwords`: as for `Hub.send`.
   */
  privateNameOf(to: string, options: { passwords?: boolean }): string | undefined {
    if (this.isOnline(to)) return undefined;
    const channel = this.#channels.get(to);
    if (channel !== undefined && channel.password === undefined) return undefined;
    if (this.#channels.privateTarget(to) === undefined && !this.isSecret(to, options)) return undefined;
    return parseAddress(to)?.name;
  }

  /** The channels that have a retained message, other matchers' included, private ones left out. */
  retainedChannels(): Iterable<string> {
    return this.#retained.channels();
  }

  /** The channel's retained message, if it has one. */
  retained(channel: string): Message | undefined {
    return this.#retained.get(channel);
  }

  /** Whose account the channel's retained message or its kept values belong to; undefined where nothing is retained. */
  retainedOwner(channel: string): { account: string | undefined } | undefined {
    return this.#retained.ownerOf(channel);
  }

  /** True if the channel has kept values. */
  keepsValues(channel: string): boolean {
    return this.#retained.standing(channel) === 'kept';
  }

  /** True if a message may be sent to `to`. Names that are in use were checked before. */
  isName(to: string): boolean {
    return channelFault(to) === undefined || this.isOnline(to);
  }
}
