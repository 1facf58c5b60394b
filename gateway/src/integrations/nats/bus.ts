/** What gateways need of a NATS connection; `NatsLink` is one. */
export interface Bus {
  /** Whether what is published now goes out. */
  readonly isUp: boolean;
  /** Sends bytes to a subject, if the link is up; false: it is not. */
  publish(subject: string, payload: Uint8Array): boolean;
  /** Calls `take` with what others send to a subject, also after the link was down, until the returned function is called. */
  subscribe(subject: string, take: (payload: Uint8Array, subject: string) => void): () => void;
}
