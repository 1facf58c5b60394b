import type { Counter } from '../../common/metrics.ts';
import { bundledBytes, encodeBundle } from './bundle.ts';
import type { Bus } from './bus.ts';
import type { RemoteInterest } from './remote-interest.ts';

export interface FleetingCounts {
  readonly sent: Counter;
  readonly received: Counter;
  /** What could not be sent as the link was down, or its name was too long for a subject. */
  readonly dropped: Counter;
}

export interface OutgoingParts {
  bus: Bus;
  remote: RemoteInterest;
  counts: FleetingCounts;
  /** Has something done once the gateway has read what it was sent in this turn of the event loop. */
  soon(run: () => void): void;
}

/** Larger bundles save nothing; a server takes messages of 1 MB. */
const MAX_BUNDLE_BYTES = 64 * 1024;

/**
 * Messages of QoS 0 on their way out: those of one turn of the event loop that go to one subject are published together, as a message of NATS costs
 * more than what it says. All go out in the order in which they came.
 */
export class Outgoing {
  readonly #parts: OutgoingParts;
  #subject = '';
  #envelopes: Buffer[] = [];
  #bytes = 0;
  #isPlanned = false;

  constructor(parts: OutgoingParts) {
    this.#parts = parts;
  }

  /** Adds a message. False: it could not be sent, as it is too large. */
  add(subject: string, envelope: Buffer): boolean {
    const bytes = bundledBytes(envelope);
    if (subject !== this.#subject || this.#bytes + bytes > MAX_BUNDLE_BYTES) this.flush();
    this.#subject = subject;
    if (bytes > MAX_BUNDLE_BYTES) return this.#publish(envelope, 1);
    this.#bytes += bytes;
    this.#envelopes.push(envelope);
    if (this.#isPlanned) return true;
    this.#isPlanned = true;
    this.#parts.soon(() => {
      this.#isPlanned = false;
      this.flush();
    });
    return true;
  }

  /** Publishes what was added. */
  flush(): void {
    const envelopes = this.#envelopes;
    if (envelopes.length === 0) return;
    this.#envelopes = [];
    this.#bytes = 0;
    const { remote } = this.#parts;
    if (envelopes.length > 1 && remote.takesBundles) this.#publish(encodeBundle(envelopes), envelopes.length);
    else for (const envelope of envelopes) this.#publish(envelope, 1);
  }

  #publish(payload: Uint8Array, messages: number): boolean {
    const { bus, counts } = this.#parts;
    const isSent = bus.publish(this.#subject, payload);
    (isSent ? counts.sent : counts.dropped).value += messages;
    return isSent;
  }
}
