import { faultOfVote, resultOf, talliesOf, type Vote } from './count.ts';
import type { Done, Room, Subject } from './subject.ts';
import type { Act, Question } from './wanted.ts';

/** How many votes one poll has room for. */
const MAX_VOTES = 1000;
const VOTE_BYTES = 250;
/** Of a result, the values with the most votes. */
const MAX_TALLIES = 20;

interface Running extends Question {
  readonly dueMs: number;
  readonly votes: Map<string, Vote>;
}

interface Result {
  readonly open: string;
  readonly result: unknown;
  readonly votes: number;
  readonly counts: Record<string, number>;
  readonly quorum: number;
}

/** One question at a time that everybody may vote about once, until its time is over; the gateway counts. The last result is kept. */
export class Poll implements Subject {
  readonly channel = undefined;
  readonly isUrgent = false;
  readonly #name: string;
  readonly #id: string;
  readonly #room: Room;
  #number = 0;
  #running: Running | undefined;
  #result: Result | undefined;
  #isChanged = false;

  constructor(name: string, id: string, room: Room) {
    this.#name = name;
    this.#id = id;
    this.#room = room;
  }

  get isChanged(): boolean {
    return this.#isChanged;
  }

  get dueMs(): number | undefined {
    return this.#running?.dueMs;
  }

  act(client: string, act: Act, nowMs: number): Done | undefined {
    if (act.kind !== 'poll') return undefined;
    const fault = this.#do(client, act, nowMs);
    return fault === undefined ? undefined : { fault };
  }

  #do(client: string, act: Act & { kind: 'poll' }, nowMs: number): string | undefined {
    if ('open' in act) return this.#open(client, act.open, nowMs);
    if ('vote' in act) return this.#vote(client, act.vote);
    if (this.#running === undefined) return 'there is no poll to close';
    this.#close(this.#running);
    return undefined;
  }

  #open(client: string, question: Question, nowMs: number): string | undefined {
    if (this.#running !== undefined) return 'there is a poll already, wait for its result';
    const bytes = 2 * JSON.stringify(question).length;
    if (!this.#room.set(`${this.#id} question`, bytes, { client })) return 'there is no room for it';
    this.#running = { ...question, dueMs: nowMs + question.timeoutMs, votes: new Map() };
    this.#number++;
    this.#isChanged = true;
    return undefined;
  }

  #vote(client: string, vote: Vote): string | undefined {
    const running = this.#running;
    if (running === undefined) return 'there is no poll to vote in';
    const { count, options, votes } = running;
    const fault = faultOfVote(vote, count, options);
    if (fault !== undefined) return fault;
    const bytes = VOTE_BYTES + 2 * JSON.stringify(vote).length;
    const isFull = !votes.has(client) && votes.size >= MAX_VOTES;
    if (isFull || !this.#room.set(this.#keyOf(client), bytes, { client })) return 'there is no room for more votes';
    votes.set(client, vote);
    this.#isChanged = true;
    return undefined;
  }

  hear(): boolean {
    return true;
  }

  tick(nowMs: number): void {
    if (this.#running !== undefined && nowMs >= this.#running.dueMs) this.#close(this.#running);
  }

  #close(running: Running): void {
    const votes = [...running.votes.values()];
    const isValid = votes.length >= Math.max(1, running.quorum);
    const tallies = [...talliesOf(votes, running.count)].sort(([, a], [, b]) => b - a).slice(0, MAX_TALLIES);
    this.#result = {
      open: running.text,
      result: isValid ? resultOf(votes, running.count) : null,
      votes: votes.length,
      counts: Object.fromEntries(tallies),
      quorum: running.quorum,
    };
    this.#forgetVotes();
    this.#running = undefined;
    this.#isChanged = true;
  }

  tell(_all: boolean, nowMs: number): string[] {
    const head = { poll: this.#name, number: this.#number };
    if (this.#running === undefined) return [JSON.stringify({ ...head, open: null, ...answerOf(this.#result) })];
    const { text, count, options, quorum, dueMs, votes } = this.#running;
    const leftMs = Math.max(0, Math.round(dueMs - nowMs));
    return [JSON.stringify({ ...head, open: text, count, options, quorum, votes: votes.size, leftMs })];
  }

  told(): void {
    this.#isChanged = false;
  }

  end(): void {
    this.#forgetVotes();
    this.#room.delete(`${this.#id} question`);
  }

  #forgetVotes(): void {
    for (const client of this.#running?.votes.keys() ?? []) this.#room.delete(this.#keyOf(client));
  }

  #keyOf(client: string): string {
    return `${this.#id} ${client}`;
  }
}

function answerOf(result: Result | undefined): object {
  if (result === undefined) return {};
  const { open, ...rest } = result;
  return { question: open, ...rest };
}
