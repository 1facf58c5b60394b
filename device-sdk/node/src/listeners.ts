import { type ChannelAddress, isFor, isForName, parseChannel } from './channel-name.ts';
import type { Message } from './message.ts';
import type { ChannelHandler, ListenerFilter, MessageHandler } from './options.ts';

interface Listener {
  filter: ListenerFilter;
  handler: MessageHandler;
}

interface Subscription {
  address: ChannelAddress;
  handler: ChannelHandler;
}

/** Who hears what: the listeners with their filters, and the subscribers of channels. */
export class Listeners {
  readonly #download: (key: string, directory: string) => Promise<string>;
  readonly #report: (error: unknown) => void;
  readonly #listeners = new Set<Listener>();
  readonly #subscriptions = new Set<Subscription>();

  /** `report` is told what a handler throws, and what became of a download that failed. */
  constructor(download: (key: string, directory: string) => Promise<string>, report: (error: unknown) => void) {
    this.#download = download;
    this.#report = report;
  }

  /** The channels that are subscribed to, as they were written. */
  get channels(): string[] {
    return [...this.#subscriptions].map(({ address }) => address.text);
  }

  /** Returns what ends it. */
  listen(filter: ListenerFilter, handler: MessageHandler): () => void {
    const listener = { filter, handler };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Returns what ends it; that is false where it has ended already. */
  subscribe(channel: string, handler: ChannelHandler): () => boolean {
    const subscription = { address: parseChannel(channel), handler };
    this.#subscriptions.add(subscription);
    return () => this.#subscriptions.delete(subscription);
  }

  /** Hands a message to everybody whom it is for; `channel` is the text of the subscription that it came by, if not its own name. */
  hear(message: Message, channel: string | undefined): void {
    for (const { address, handler } of this.#subscriptions) {
      const isIts = channel === undefined ? isForName(address, message.toClientId) : isFor(address, channel);
      if (isIts) this.guard(() => handler(dataOf(message), message));
    }
    const matching = [...this.#listeners].filter(({ filter }) => lets(filter, message));
    const directory = matching.find(({ filter }) => filter.downloadDirectory !== undefined)?.filter.downloadDirectory;
    const tell = (heard: Message): void => {
      for (const { handler } of matching) this.guard(() => handler(heard));
    };
    if (message.ossKey === null || directory === undefined) tell(message);
    else {
      // As CrossComm does: where the download fails, the listeners get the message as it came.
      this.#download(message.ossKey, directory).then(
        (path) => tell(message.with({ content: path })),
        (error: unknown) => {
          this.#report(error);
          tell(message);
        },
      );
    }
  }

  /** Runs what is not ours, in its turn. */
  guard(run: () => unknown): void {
    Promise.resolve()
      .then(run)
      .catch((error: unknown) => this.#report(error));
  }
}

/** What a subscriber gets: JSON is parsed for it, all else is the content. */
function dataOf({ msgType, content }: Message): unknown {
  return msgType === 'json' ? JSON.parse(content as string) : content;
}

function lets({ msgType, fromClientId }: ListenerFilter, message: Message): boolean {
  return (
    (msgType === undefined || msgType === message.msgType) &&
    (fromClientId === undefined || fromClientId === message.fromClientId)
  );
}
