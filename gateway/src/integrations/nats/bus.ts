/** What gateways need of a NATS connection; `NatsLink` is one. */
export interface Bus {
  /** Whether what is published now goes out. */
  readonly isUp: boolean;
  /** How many bytes a message may have, as the servers say. */
  readonly maxPayload: number;
  /** Sends bytes to a subject, if the link is up; false: it is not. `reply`: the subject to answer on. */
  publish(subject: string, payload: Uint8Array, reply?: string): boolean;
  /** Calls `take` with what others send to a subject, also after the link was down, until the returned function is called. */
  subscribe(subject: string, take: (payload: Uint8Array, subject: string) => void): () => void;
  /** Asks whoever serves a subject. Resolves to undefined where nobody answers in time, or the link is down; never rejects. */
  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array | undefined>;
  /** Answers what others ask by a subject, until the returned function is called; nothing where there is nothing to say. */
  serve(subject: string, answer: (payload: Uint8Array) => Uint8Array | Promise<Uint8Array> | undefined): () => void;
}
