import type { ServerResponse } from 'node:http';

const KEEP_ALIVE = ': still here\n\n';
/** Of calls every 15 s: five minutes. */
const MAX_UNREAD = 20;
const MISSED = 'event: missed\ndata: {}\n\n';

/** One open stream of events. What a reader that is behind does not take is left out: the next event is newer. */
export class FeedPage {
  readonly #response: ServerResponse;
  #isBehind = false;
  /** How often in a row it was found to have read nothing. */
  #unread = 0;

  /** The head of the response was written. */
  constructor(response: ServerResponse) {
    this.#response = response;
    response.write(': here\n\n');
  }

  /** Writes an event, unless its reader is behind. Once it has caught up, it is told that it missed some. */
  write(event: Uint8Array): void {
    const response = this.#response;
    if (response.destroyed || response.writableEnded) return;
    if (response.writableNeedDrain) {
      this.#isBehind = true;
      return;
    }
    if (this.#isBehind) {
      this.#isBehind = false;
      response.write(MISSED);
    }
    response.write(event);
  }

  /** To be called every 15 s. Ends the stream of a reader that reads nothing for minutes, so that another one may have its place. */
  keepAlive(): void {
    if (this.#response.writableNeedDrain) {
      if (++this.#unread > MAX_UNREAD) this.end();
      return;
    }
    this.#unread = 0;
    if (!this.#response.writableEnded) this.#response.write(KEEP_ALIVE);
  }

  /** Ends the stream at once: what is on its way may not be read any more. */
  end(): void {
    this.#response.destroy();
  }
}
