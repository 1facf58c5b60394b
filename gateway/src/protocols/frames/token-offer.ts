import { CODES, type FrameInit, TIMES, type TokenFrame } from '@crosscomm/protocol';
import type { TokenOffer } from '../../access/token-offers.ts';
import type { Clock } from '../../common/clock.ts';

/** What an offer needs of the link that it goes by. */
export interface OfferLink {
  send(frame: FrameInit): boolean;
  report(code: 'PEER_NOT_ALLOWED', message: string): void;
  /** Gives up its device, as if the link were lost; the device says Hello again. */
  giveUp(): void;
}

/** Offers a device its token until it says that it has stored it (SPEC.md of the frames, section 19). */
export class TokenOffering {
  readonly #offer: TokenOffer;
  readonly #n: number;
  readonly #clock: Clock;
  readonly #link: OfferLink;
  #waitMs: number = TIMES.repeatFirstMs;
  #left: number = TIMES.repeatMaxCount;
  #isOver = false;
  #cancel: () => void = () => {};

  /** `n`: the number of the offer, which no other of the device's has. */
  constructor(offer: TokenOffer, n: number, clock: Clock, link: OfferLink) {
    this.#offer = offer;
    this.#n = n;
    this.#clock = clock;
    this.#link = link;
    this.#say();
  }

  /** The device has answered an offer, perhaps another one or not for the first time. */
  answered({ n, code }: TokenFrame): void {
    if (this.#isOver || n !== this.#n) return;
    this.end();
    if (code === CODES.ok) {
      // Before its account is there: whoever is online without it would be refused then, and would come back after half a minute.
      if (this.#offer.endsSession) this.#link.giveUp();
      this.#offer.stored();
      return;
    }
    this.#offer.failed();
    this.#link.report('PEER_NOT_ALLOWED', `The device could not store its token (code ${code}); it goes on without.`);
  }

  /** The link is gone, or the device has said Hello again. */
  end(): void {
    this.#isOver = true;
    this.#cancel();
  }

  #say(): void {
    this.#link.send({ type: 'token', n: this.#n, token: this.#offer.token });
    if (this.#left-- === 0) {
      this.end();
      this.#offer.failed();
      return;
    }
    this.#cancel = this.#clock.after(this.#waitMs, () => this.#say());
    this.#waitMs = Math.min(2 * this.#waitMs, TIMES.repeatMaxMs);
  }
}
