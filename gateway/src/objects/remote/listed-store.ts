import type { Digests } from '../content/digests.ts';
import { toObjectError } from '../content/faults.ts';
import type { Appended, AppendOptions, ListOptions, ObjectInfo, ObjectPage, Told, WriteOptions } from '../contract.ts';
import type { RemoteIndex } from '../listing/remote-index.ts';
import type { Destination } from '../uploads/mover.ts';

/** A remote store, with a local record of what is brought to it and removed. */
export class ListedStore implements Destination {
  readonly open: Destination['open'];
  readonly append: Destination['append'];
  readonly #store: Destination;
  readonly #index: RemoteIndex;

  constructor(store: Destination, index: RemoteIndex) {
    this.#store = store;
    this.#index = index;
    this.open = store.open.bind(store);
    if (store.append) this.append = this.#append;
  }

  head(key: string): Promise<ObjectInfo | undefined> {
    return this.#store.head(key);
  }

  list(options: ListOptions): Promise<ObjectPage> {
    return this.#store.list(options);
  }

  async adopt(
    key: string,
    file: { path: string; id: string; digests: Digests },
    options: WriteOptions,
  ): Promise<ObjectInfo> {
    const info = await this.#store.adopt(key, file, options);
    const { to, place = this.#index.nextPlace() } = options;
    // The store's own metadata may have been changed on the way; the record is what was given.
    const { contentType = info.contentType, metadata = info.metadata } = options;
    const { headers: _, ...rest } = info;
    await this.#index
      .put({ ...rest, contentType, metadata, ...(to !== undefined && { to }) }, place)
      .catch((error: unknown) => {
        throw toObjectError(error);
      });
    return info;
  }

  async #append(key: string, body: AsyncIterable<Uint8Array>, options: AppendOptions = {}): Promise<Appended> {
    const appended = await (this.#store.append as NonNullable<Destination['append']>).call(
      this.#store,
      key,
      body,
      options,
    );
    await this.#index.grow(appended.info, options.to).catch((error: unknown) => {
      throw toObjectError(error);
    });
    return appended;
  }

  async remove(key: string): Promise<boolean> {
    const wasThere = await this.#store.remove(key);
    await this.#index.remove(key).catch((error: unknown) => {
      throw toObjectError(error);
    });
    return wasThere;
  }

  async note(key: string, told: Told): Promise<void> {
    await this.#index.note(key, (info) =>
      info.fileName !== undefined || info.metadata.name !== undefined ? info : { ...info, ...told },
    );
  }
}
