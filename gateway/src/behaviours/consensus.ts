import { quote } from '../common/json/scan.ts';
import type { Message } from '../hub/message.ts';
import { fieldsHeard } from './fields-heard.ts';
import { MAX_VALUE_LENGTH } from './gather.ts';
import type { Room, Subject } from './subject.ts';

const VALUE_BYTES = 200;

/** The channel of OOCSI's `OOCSIConsensus` on which members of a channel vote about a key. */
export function consensusChannel(channel: string, key: string): string {
  return `${channel}_${key}_consensus`;
}

/**
 * What members of OOCSI's `OOCSIConsensus` have agreed on: whoever calls counts the votes, and says `{"consensus": VALUE}`. The gateway only
 * listens, so that there is never a second result.
 */
export class Consensus implements Subject {
  readonly channel: string;
  readonly isUrgent = true;
  readonly dueMs = undefined;
  readonly #about: string;
  readonly #key: string;
  readonly #room: Room;
  #value = 'null';
  #from = 'null';
  #isChanged = false;

  /** `id`: of this alone, in the room. */
  constructor({ channel, key }: { channel: string; key: string }, id: string, room: Room) {
    this.channel = consensusChannel(channel, key);
    this.#about = `"consensus":${quote(channel)},"key":${quote(key)}`;
    this.#key = id;
    this.#room = room;
  }

  get isChanged(): boolean {
    return this.#isChanged;
  }

  hear(message: Message): boolean {
    const raw = fieldsHeard(message).find(({ name }) => name === 'consensus')?.raw;
    if (raw === undefined || raw === 'null') return true;
    const bytes = VALUE_BYTES + 2 * raw.length;
    if (raw.length > MAX_VALUE_LENGTH || !this.#room.set(this.#key, bytes, { client: message.from })) return false;
    this.#value = raw;
    this.#from = quote(message.from);
    this.#isChanged = true;
    return true;
  }

  tick(): void {}

  tell(): string[] {
    return [`{${this.#about},"value":${this.#value},"from":${this.#from}}`];
  }

  told(): void {
    this.#isChanged = false;
  }

  end(): void {
    this.#room.delete(this.#key);
  }
}
