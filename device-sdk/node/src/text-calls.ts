import { CODES, type Value, type ValueMap } from '@crosscomm/protocol';
import type { CallAnswer, CallRequest } from './conversation.ts';
import { randomHex, systemClock } from './system.ts';

/** What calls do with the outside. */
export interface TextCallsHost {
  clientId: string;
  /** Sends a dict; false where there is no connection. */
  write(to: string, fields: ValueMap): boolean;
  /** A call came. False: nobody here answers it. */
  call(call: CallRequest): boolean;
}

interface OpenCall {
  settle(answer: CallAnswer): void;
  cancel: () => void;
}

/** Calls in CrossComm's text: dicts with OOCSI's fields. */
export class TextCalls {
  readonly #host: TextCallsHost;
  readonly #open = new Map<string, OpenCall>();

  constructor(host: TextCallsHost) {
    this.#host = host;
  }

  call(to: string, name: string, args: Value, timeoutMs: number): Promise<CallAnswer> {
    return new Promise((resolve) => {
      const id = randomHex(16);
      const fields: ValueMap = new Map([...fieldsOf(args), ['_MESSAGE_HANDLE', name], ['_MESSAGE_ID', id]]);
      if (!this.#host.write(to, fields)) {
        resolve({ code: CODES.offline, value: null, text: '' });
        return;
      }
      const end = (): void => this.#answered(id, { code: CODES.timeout, value: null, text: '' });
      this.#open.set(id, { settle: resolve, cancel: systemClock.after(timeoutMs, end) });
    });
  }

  /** Takes the fields of a dict that came. False: it is no answer, and no call for this client. */
  take(fields: ValueMap, from: string, to: string): boolean {
    const { clientId } = this.#host;
    const id = fields.get('_MESSAGE_ID');
    const name = fields.get('_MESSAGE_HANDLE');
    if (typeof id !== 'string') return false;
    const value: ValueMap = new Map([...fields].filter(([key]) => !String(key).startsWith('_MESSAGE_')));
    if (this.#open.has(id) && from !== clientId) {
      const code = fields.get('_MESSAGE_ERROR');
      const text = fields.get('_MESSAGE_TEXT');
      this.#answered(id, {
        code: typeof code === 'number' ? code : CODES.ok,
        value,
        text: typeof text === 'string' ? text : '',
      });
      return true;
    }
    if (typeof name !== 'string') return false;
    const answer = (more: Iterable<[string | number, Value]>): void => {
      this.#host.write(from, new Map([...more, ['_MESSAGE_ID', id]]));
    };
    return this.#host.call({
      function: name,
      args: value,
      channel: to === clientId ? null : to,
      from,
      reply: (result) => answer(fieldsOf(result)),
      fail: (code, text) =>
        answer([
          ['_MESSAGE_ERROR', code],
          ['_MESSAGE_TEXT', text],
        ]),
    });
  }

  /** The connection is gone. */
  drop(): void {
    for (const id of [...this.#open.keys()]) this.#answered(id, { code: CODES.offline, value: null, text: '' });
  }

  #answered(id: string, answer: CallAnswer): void {
    const call = this.#open.get(id);
    this.#open.delete(id);
    call?.cancel();
    call?.settle(answer);
  }
}

function fieldsOf(value: Value): ValueMap {
  if (value instanceof Map) return value;
  if (value === null) return new Map();
  return new Map([[typeof value === 'string' ? 'text' : 'json', value]]);
}
