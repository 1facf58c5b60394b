import { CODES } from '../codes.ts';
import type { TokenFrame } from '../frame.ts';
import type { FrameClientPairing } from './types.ts';

/** What a Hello has of it. */
export interface ShownCredentials {
  password?: string;
  storesTokens?: true;
}

export interface PairingHost {
  /** Answers an offer; false where there is no link, or no room. */
  send(frame: { type: 'token'; n: number; code: number }): boolean;
  /** The token is stored: says Hello with it. */
  greet(): void;
}

/** The token of a client, which the gateway gives it (SPEC.md, section 19). */
export class Pairing {
  readonly #options: FrameClientPairing | undefined;
  readonly #host: PairingHost;
  /** Undefined where there is none, and once it was refused or has served. */
  #code: string | undefined;
  #isTokenRefused = false;
  #shown: 'token' | 'code' | undefined;
  /** The offer that is being stored. */
  #storing: number | undefined;

  constructor(options: FrameClientPairing | undefined, host: PairingHost) {
    this.#options = options;
    this.#host = host;
    this.#code = options?.code;
  }

  /** What the next Hello has; nothing where the client is not to be paired. */
  show(): ShownCredentials {
    if (this.#options === undefined) return {};
    const token = this.#isTokenRefused && this.#code !== undefined ? undefined : this.#options.memory.load();
    const code = token === undefined ? this.#code : undefined;
    this.#shown = token !== undefined ? 'token' : code !== undefined ? 'code' : undefined;
    const password = token ?? (code === undefined ? undefined : `pair:${code}`);
    return { ...(password === undefined ? {} : { password }), storesTokens: true };
  }

  /** What the last Hello had was refused. True if there is something else to try: the code, where the token was refused. */
  refused(): boolean {
    // The gateway counts what is guessed, so a code is not tried twice.
    if (this.#shown === 'code') this.#code = undefined;
    this.#isTokenRefused = this.#shown === 'token' && this.#code !== undefined;
    return this.#isTokenRefused;
  }

  /** The gateway offers a token, perhaps not for the first time. */
  offered({ n, token }: TokenFrame): void {
    if (this.#options === undefined || token === null || this.#storing === n) return;
    this.#storing = n;
    const answer = (code: number): void => {
      if (this.#storing !== n) return;
      this.#storing = undefined;
      this.#host.send({ type: 'token', n, code });
      if (code !== CODES.ok) return;
      this.#code = undefined;
      this.#isTokenRefused = false;
      this.#host.greet();
    };
    const { memory } = this.#options;
    void (async () => memory.store(token))().then(
      () => answer(CODES.ok),
      () => answer(CODES.storage_full),
    );
  }
}
