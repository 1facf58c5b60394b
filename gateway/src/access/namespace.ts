import { isBridgeId, isGatewayName, isMembersQuery, isPresenceName } from '../common/names.ts';
import { Message } from '../hub/message.ts';
import type { NameView } from '../hub/session.ts';
import { isSharedName } from './class-role.ts';

/** How many names are remembered; then it begins anew. */
const MAX_REMEMBERED = 256;
/** Longer names are made each time. */
const MAX_LENGTH = 256;
const PRESENCE = 'presence(';
const MEMBERS = '/?';
/** What the keys of files begin with that frames, MQTT and CrossComm carry. */
const FILE_KEYS = 'cross_comm/';
const LEVEL = /^[A-Za-z0-9](?:[A-Za-z0-9_.@-]*[A-Za-z0-9_])?$/;

/** Why this cannot be a namespace, as part of a sentence; undefined where it can: it is the first level of names. */
export function namespaceFault(name: string): string | undefined {
  if (name.length > 64) return 'a namespace has at most 64 characters';
  if (!LEVEL.test(name)) {
    return 'a namespace has letters, digits and - _ . @, and begins and ends with a letter, a digit or _';
  }
  return isSharedName(name) || isGatewayName(name) ? `the namespace ${name} is shared by all` : undefined;
}

/**
 * The names of accounts that have a place of their own: what its clients call `kitchen` is `team3/kitchen` for all others. `outward` makes of
 * what a client says the name that everybody else knows, `inward` the other way round. What is shared (`all` and the gateway's other own names,
 * `class/...`) is called the same everywhere. A name that begins with the namespace already is taken as it is.
 */
export class Namespace implements NameView {
  readonly name: string;
  readonly #prefix: string;
  readonly #outward = new Map<string, string>();
  /** A message mostly goes to several of its clients, one after the other: what was made of the last one is theirs, with its encodings. */
  #last: Message | undefined;
  #lastShown: Message | undefined;

  constructor(name: string) {
    this.name = name;
    this.#prefix = `${name}/`;
  }

  /**
   * What a client's word for a channel, a client or a topic filter is for everybody else; with the password or the functions behind it as they
   * stand.
   */
  outward(written: string): string {
    const known = this.#outward.get(written);
    if (known !== undefined) return known;
    const name = this.#outwardOf(written);
    if (written.length > MAX_LENGTH) return name;
    if (this.#outward.size >= MAX_REMEMBERED) this.#outward.clear();
    this.#outward.set(written, name);
    return name;
  }

  #outwardOf(written: string): string {
    if (isPresenceName(written)) return `${PRESENCE}${this.outward(written.slice(PRESENCE.length, -1))})`;
    if (isMembersQuery(written) && written !== MEMBERS) return this.outward(written.slice(0, -2)) + MEMBERS;
    // A bridge keeps its id, whatever account it has; nobody else can be called so, or speak of it.
    if (written === '' || isBridgeId(written) || written.startsWith(this.#prefix) || isShared(written)) return written;
    return this.#prefix + written;
  }

  /** What its clients call a channel or client; names that are not theirs stay as they are. */
  inward(name: string): string {
    if (name.startsWith(this.#prefix)) return name.slice(this.#prefix.length);
    if (isPresenceName(name)) return `${PRESENCE}${this.inward(name.slice(PRESENCE.length, -1))})`;
    return name;
  }

  /** Whether a name, as everybody else knows it, is one of its own, or shared. */
  has(name: string): boolean {
    if (isPresenceName(name)) return this.has(name.slice(PRESENCE.length, -1));
    if (isMembersQuery(name)) return this.has(name.slice(0, -2));
    return name === this.name || name.startsWith(this.#prefix) || isShared(name);
  }

  /** Whether the key of an object is one of its own. */
  hasKey(key: string): boolean {
    return key.startsWith(this.#prefix) || this.plainKey(key).startsWith(FILE_KEYS + this.#prefix);
  }

  /** The key of an object as rules speak of it: `cross_comm/team3/lamp/1.txt` for what the client `team3/lamp` sent, whose slash is encoded there. */
  plainKey(key: string): string {
    const encoded = `${FILE_KEYS}${this.name}%2F`;
    return key.startsWith(encoded) ? FILE_KEYS + this.#prefix + key.slice(encoded.length) : key;
  }

  /** A message as its clients see it: the same where it has no name of its own. */
  shown(message: Message): Message {
    if (this.#last === message) return this.#lastShown as Message;
    const [from, to] = [this.inward(message.from), this.inward(message.to)];
    const isSame = from === message.from && to === message.to;
    const shown = isSame ? message : new Message({ ...message.toInit(), from, to, isKept: message.isKept });
    this.#last = message;
    this.#lastShown = shown;
    return shown;
  }
}

/** `name`: may have a password or functions behind it. */
function isShared(name: string): boolean {
  const end = name.search(/[:[]/);
  const plain = end < 0 ? name : name.slice(0, end);
  return plain !== '' && !isBridgeId(plain) && (isSharedName(plain) || isGatewayName(plain));
}
