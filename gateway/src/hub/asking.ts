import type { ClientTable } from './clients.ts';
import type { SendOptions } from './contract.ts';
import { type Guard, OPEN_GUARD, type Sender } from './guard.ts';
import type { Message } from './message.ts';
import type { ShapeRules } from './shape-rules.ts';

/** Whom the hub asks about what outlives a connection, and who sent it. */
export class Asking {
  guard: Guard = OPEN_GUARD;
  /** undefined: messages may be anything. */
  shapes: ShapeRules | undefined;
  readonly #clients: ClientTable;

  constructor(clients: ClientTable) {
    this.#clients = clients;
  }

  /** Who sent a message: who is online under that name, or whose account the options have. */
  senderOf({ from }: Pick<Message, 'from'>, { account }: Pick<SendOptions, 'account'> = {}): Sender {
    const record = account === undefined ? this.#clients.get(from) : undefined;
    return { id: from, account: record?.session === undefined ? account : record.account };
  }
}
