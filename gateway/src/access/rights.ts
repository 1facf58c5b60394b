import { EVENTS_CHANNEL, isAboutOthers, isPresenceName, watchedName } from '../common/names.ts';
import { type Decision, Decisions } from './decisions.ts';
import type { Namespace } from './namespace.ts';
import type { Rules } from './roles.ts';
import type { Action, CompiledRules, Variables } from './rules.ts';

/** What is no name of anything. */
const OF_THE_GATEWAY: ReadonlySet<Action> = new Set(['operate', 'accounts', 'clear', 'controls']);

/** Whether somebody may know that a client or channel of this name is there. */
export type Sees = (name: string) => boolean;

/** Whose rights these are. */
export interface RightsInit extends Variables {
  /** What its roles give. */
  roles: Rules;
  /** The account that owns a client id; undefined: nobody. */
  ownerOf(id: string): string | undefined;
  /** Whether anybody owns anything. */
  hasOwners: boolean;
  /** Its account has names of its own, and nothing to do with any others, whatever its roles say. */
  namespace?: Namespace | undefined;
}

/** What one principal may do, as it is asked for each message: rules compiled once, and decisions remembered. */
export class Rights implements Variables {
  readonly account: string | undefined;
  readonly id: string;
  readonly #rules: CompiledRules;
  readonly #ownerOf: RightsInit['ownerOf'];
  readonly #readsInboxes: boolean;
  readonly #namespace: Namespace | undefined;
  /** What was decided before; made when it is first asked, as all rights are made anew at a change of roles. */
  #decisions: Map<Action, Decisions> | undefined;
  #heard: Decisions | undefined;
  #sends: Decisions | undefined;
  /** It may call every function, so that nobody need look whether a message is a call. */
  readonly callsFreely: boolean;
  /** It may hear every channel, so that nobody need ask. */
  readonly hearsAll: boolean;
  #sees: Sees | undefined;

  constructor({ roles, account, id, ownerOf, hasOwners, namespace }: RightsInit) {
    this.account = account;
    this.id = id;
    this.#rules = roles.rules;
    this.#ownerOf = ownerOf;
    this.#readsInboxes = !hasOwners || roles.readsInboxes;
    const { isFree } = roles.rules;
    this.#namespace = namespace;
    this.callsFreely = isFree.call && namespace === undefined;
    this.hearsAll = isFree.subscribe && this.#readsInboxes && isFree.presence && namespace === undefined;
  }

  /** Whether it may send to all channels, calls among it: only names on which nobody but the gateway speaks need be looked at. */
  get sendsAll(): boolean {
    return this.callsFreely && this.isFree('send');
  }

  /** Whether it may know of a client or channel; undefined: of all. It always knows of itself. */
  get sees(): Sees | undefined {
    if (this.isFree('presence')) return undefined;
    this.#sees ??= (name) => name === this.id || this.may('presence', name);
    return this.#sees;
  }

  /** What it calls something that all others call `name`: undefined: the same, whatever it is. */
  get shown(): ((name: string) => string) | undefined {
    const namespace = this.#namespace;
    return namespace && ((name) => namespace.inward(name));
  }

  /** Whether it may do `action` with every topic, so that nothing else need be asked. */
  isFree(action: Action): boolean {
    return this.#rules.isFree[action] && this.#namespace === undefined;
  }

  /** Whether there may be a topic that it may do `action` with. */
  mayAny(action: Action): boolean {
    return this.#rules.overlaps(action, '#', this);
  }

  /** Whether there may be a topic with this beginning that it may do `action` with; where that ends within a level, only if it may with all. */
  mayBelow(action: Action, prefix: string): boolean {
    if (this.isFree(action)) return true;
    if (this.#namespace?.hasKey(prefix) === false) return false;
    return prefix.endsWith('/') && this.#rules.overlaps(action, `${prefix}#`, this);
  }

  /** Whether it may do `action` with `topic`, a name without wildcards. Actions that name nothing are asked with ''. */
  may(action: Action, topic = ''): boolean {
    return this.isFree(action) || this.#decide(action, topic);
  }

  /**
   * Whether it may send to the channel or client that is called `to`, asked for each message. Presence messages come from the gateway only.
   * The answer has the name as one text that stays the same: whoever goes on with that one spares all who look it up from reading it again.
   */
  sending(to: string): Decision {
    this.#sends ??= new Decisions();
    return this.#sends.get(to) ?? this.#sends.add(to, this.#decideSend(to));
  }

  /** The same, where nobody needs more than the answer. */
  maySend(to: string): boolean {
    return this.sending(to).may;
  }

  #decideSend(to: string): boolean {
    return this.#ofItsOwn('send', to) && this.#rules.decide('send', to, this) && !isPresenceName(to);
  }

  /** Another account owns other ids than before. */
  forgetOwners(): void {
    this.#heard?.clear();
  }

  /**
   * Whether what is sent to this channel may reach it as it is. Channels on which the gateway names others are only for those who may know
   * of everyone: all others get them from `maySubscribe`, without what they may not know.
   */
  hears(channel: string): boolean {
    if (this.hearsAll) return true;
    this.#heard ??= new Decisions();
    return (this.#heard.get(channel) ?? this.#heard.add(channel, this.hearsNow(channel))).may;
  }

  /** The same, decided now and not remembered. */
  hearsNow(channel: string): boolean {
    // Who sends what to whom is more than names: each event is looked at for each of its readers.
    const isWhole = channel !== EVENTS_CHANNEL && (this.sees === undefined || !isAboutOthers(channel));
    return isWhole && this.#mayHear(channel);
  }

  /**
   * Whether it may have a subscription to this channel or topic filter. What it then gets by a topic filter is asked of `hears`; of channels
   * on which the gateway names others it gets what it may know.
   */
  maySubscribe(filter: string, isPattern: boolean): boolean {
    if (this.hearsAll) return true;
    if (!this.#ofItsOwn('subscribe', filter)) return false;
    return isPattern ? this.#rules.overlaps('subscribe', filter, this) : this.#mayHear(filter);
  }

  #mayHear(channel: string): boolean {
    if (!this.#ofItsOwn('subscribe', channel)) return false;
    const watched = watchedName(channel);
    if (watched !== undefined) return this.sees === undefined || this.sees(watched);
    const owner = this.#ownerOf(channel);
    const { account, id } = this;
    const isOthers = owner !== undefined && owner !== account;
    // Its own inbox is its own by whatever rule.
    if (channel === id && owner !== undefined && !isOthers) return true;
    return this.#rules.decide('subscribe', channel, this) && (this.#readsInboxes || !isOthers || channel === id);
  }

  #decide(action: Action, topic: string): boolean {
    this.#decisions ??= new Map();
    let known = this.#decisions.get(action);
    if (known === undefined) {
      known = new Decisions();
      this.#decisions.set(action, known);
    }
    return (known.get(topic) ?? known.add(topic, this.#decideNow(action, topic))).may;
  }

  #decideNow(action: Action, topic: string): boolean {
    if (!this.#ofItsOwn(action, topic)) return false;
    const isKey = action === 'upload' || action === 'read';
    return this.#rules.decide(action, isKey ? (this.#namespace?.plainKey(topic) ?? topic) : topic, this);
  }

  /** Whether this is within its namespace, if it has one; what is about the whole gateway is not. */
  #ofItsOwn(action: Action, topic: string): boolean {
    const namespace = this.#namespace;
    if (namespace === undefined) return true;
    if (action === 'upload' || action === 'read') return topic === '' || namespace.hasKey(topic);
    return !OF_THE_GATEWAY.has(action) && namespace.has(topic);
  }
}
