import { EVENTS_CHANNEL, isAboutOthers, isPresenceName, watchedName } from '../common/names.ts';
import { type Decision, Decisions } from './decisions.ts';
import type { Rules } from './roles.ts';
import type { Action, CompiledRules, Variables } from './rules.ts';

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
}

/** What one principal may do, as it is asked for each message: rules compiled once, and decisions remembered. */
export class Rights {
  readonly #rules: CompiledRules;
  readonly #who: Variables;
  readonly #ownerOf: RightsInit['ownerOf'];
  readonly #readsInboxes: boolean;
  readonly #isFree: ReadonlySet<Action>;
  /** What was decided before; made when it is first asked, as all rights are made anew at a change of roles. */
  #decisions: Map<Action, Decisions> | undefined;
  #heard: Decisions | undefined;
  #sends: Decisions | undefined;
  readonly #sendsFreely: boolean;
  /** It may call every function, so that nobody need look whether a message is a call. */
  readonly callsFreely: boolean;
  /** It may hear every channel, so that nobody need ask. */
  readonly hearsAll: boolean;
  /** Whether it may know of a client or channel; undefined: of all. It always knows of itself. */
  readonly sees: Sees | undefined;

  constructor({ roles, account, id, ownerOf, hasOwners }: RightsInit) {
    this.#rules = roles.rules;
    this.#who = { account, id };
    this.#ownerOf = ownerOf;
    this.#readsInboxes = !hasOwners || roles.readsInboxes;
    this.#isFree = this.#rules.isFree;
    this.#sendsFreely = this.#isFree.has('send');
    this.callsFreely = this.#isFree.has('call');
    this.sees = this.#isFree.has('presence') ? undefined : (name) => name === id || this.may('presence', name);
    this.hearsAll = this.#isFree.has('subscribe') && this.#readsInboxes && this.sees === undefined;
  }

  /** Whether it may do `action` with every topic, so that nothing else need be asked. */
  isFree(action: Action): boolean {
    return this.#isFree.has(action);
  }

  /** Whether there may be a topic that it may do `action` with. */
  mayAny(action: Action): boolean {
    return this.#rules.overlaps(action, '#', this.#who);
  }

  /** Whether there may be a topic with this beginning that it may do `action` with; where that ends within a level, only if it may with all. */
  mayBelow(action: Action, prefix: string): boolean {
    if (this.#isFree.has(action)) return true;
    return prefix.endsWith('/') && this.#rules.overlaps(action, `${prefix}#`, this.#who);
  }

  /** Whether it may do `action` with `topic`, a name without wildcards. Actions that name nothing are asked with ''. */
  may(action: Action, topic = ''): boolean {
    return this.#isFree.has(action) || this.#decide(action, topic);
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
    return (this.#sendsFreely || this.#rules.decide('send', to, this.#who)) && !isPresenceName(to);
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
    return isPattern ? this.#rules.overlaps('subscribe', filter, this.#who) : this.#mayHear(filter);
  }

  #mayHear(channel: string): boolean {
    const watched = watchedName(channel);
    if (watched !== undefined) return this.sees === undefined || this.sees(watched);
    const owner = this.#ownerOf(channel);
    const { account, id } = this.#who;
    const isOthers = owner !== undefined && owner !== account;
    // Its own inbox is its own by whatever rule.
    if (channel === id && owner !== undefined && !isOthers) return true;
    return this.#rules.decide('subscribe', channel, this.#who) && (this.#readsInboxes || !isOthers || channel === id);
  }

  #decide(action: Action, topic: string): boolean {
    this.#decisions ??= new Map();
    let known = this.#decisions.get(action);
    if (known === undefined) {
      known = new Decisions();
      this.#decisions.set(action, known);
    }
    return (known.get(topic) ?? known.add(topic, this.#rules.decide(action, topic, this.#who))).may;
  }
}
