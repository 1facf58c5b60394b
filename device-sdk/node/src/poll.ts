import { Behaviour, type RoomClient } from './behaviour.ts';

/** How the votes of a poll become one result. `ranked`: votes are lists, the dearest first. */
export type PollCount = 'majority' | 'median' | 'mean' | 'ranked';

/** How a poll is held. */
export interface PollOptions {
  /** What may be voted for; default: anything. */
  options?: readonly unknown[];
  /** Default: `majority`. */
  count?: PollCount;
  /** With fewer votes there is no result; default: 1. */
  quorum?: number;
  /** How long votes are taken; default: 30000. */
  timeoutMs?: number;
}

/** The outcome of a poll. */
export interface PollResult {
  question: string;
  /** null where there were too few votes. */
  result: unknown;
  votes: number;
}

/** The polls of a channel, one at a time. The gateway counts. */
export class Poll extends Behaviour {
  #question: string | undefined;
  #choices: readonly unknown[] = [];
  #votes = 0;
  #result: PollResult | undefined;

  /** Made by `Room`. */
  constructor(client: RoomClient, channel: string) {
    super(client, { poll: channel });
    this.start();
  }

  /** What is asked; undefined while no poll is open. */
  get question(): string | undefined {
    return this.#question;
  }

  /** What may be voted for; none: anything. */
  get choices(): readonly unknown[] {
    return this.#choices;
  }

  /** How many have voted so far. */
  get votes(): number {
    return this.#votes;
  }

  /** The outcome of the last poll; undefined while one is open, or where there was none. */
  get result(): PollResult | undefined {
    return this.#result;
  }

  /** Asks all. */
  open(question: string, options: PollOptions = {}): void {
    this.say({ open: question, ...options });
  }

  /** Votes; a further vote takes the place of the first. */
  vote(choice: unknown): void {
    this.say({ vote: choice });
  }

  /** Ends the poll that is open before its time. */
  close(): void {
    this.say({ close: true });
  }

  protected options(): object {
    return {};
  }

  protected take({ open, options = [], votes = 0, question, result }: Record<string, unknown>): boolean {
    this.#question = typeof open === 'string' ? open : undefined;
    this.#choices = Array.isArray(options) ? options : [];
    this.#votes = Number(votes);
    const isOver = typeof question === 'string';
    this.#result = isOver ? { question: String(question), result, votes: this.#votes } : undefined;
    return true;
  }
}
