import type { Claim, Proven } from '../src/access/claim.ts';

/** Looks at claims as long as a test wants: `prove` is what a house is given, the rest is the test's. */
export class SlowProof {
  /** The claims that wait for their answer, the oldest first. */
  readonly claims: Claim[] = [];
  readonly #waiting: { resolve(proven: Proven): void; reject(error: Error): void }[] = [];

  readonly prove = (claim: Claim): Promise<Proven> =>
    new Promise((resolve, reject) => {
      this.claims.push(claim);
      this.#waiting.push({ resolve, reject });
    });

  /** Answers the oldest claim, and resolves when all that comes of it has happened. */
  async settle(proven: Proven = { proof: 'none' }): Promise<void> {
    this.claims.shift();
    this.#waiting.shift()?.resolve(proven);
    await new Promise((done) => setImmediate(done));
  }

  /** Fails at the oldest claim, as settled. */
  async fail(): Promise<void> {
    this.claims.shift();
    this.#waiting.shift()?.reject(new Error('out of order'));
    await new Promise((done) => setImmediate(done));
  }
}
